"""Diagnosis names the first broken link."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import main_unit, recovery

from pytest_cna.core.fault_kinds import CONTAINER_KILL
from pytest_cna.core.links import (
    APPLICATION,
    CHAIN,
    CONFIGURATION,
    CUSTOMERS,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
    Link,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    ENDED,
    NOTICED,
    ROUTED,
    RUNNING,
    SERVING,
    WITHDRAWN,
    Stage,
    gone_from,
)
from pytest_cna.judgement.diagnosis import (
    Answer,
    BrokenChain,
    Evidence,
    broken_link,
    diagnosis,
    finding,
    late_link,
)
from pytest_cna.judgement.verdicts import Outcome, StageVerdict

UNIT = "web@1.service"


def evidence(said: dict[Link, bool | None] | None = None) -> Evidence:
    """Of an instance whose links hold but for what they ``said``."""
    holds = dict.fromkeys(CHAIN, True) | (said or {})
    return Evidence(UNIT, {link: Answer(each, f"{link} says") for link, each in holds.items()})


@pytest.mark.parametrize("broken", CHAIN, ids=str)
def test_the_first_broken_link_is_named_and_those_behind_it_are_not(broken: Link) -> None:
    found = evidence(dict.fromkeys(CHAIN[CHAIN.index(broken) :], False))
    assert broken_link(found) == broken
    assert diagnosis(found).startswith(
        f"diagnosis: the chain of {UNIT} is broken at {broken}: {broken} says"
    )


def test_links_are_shown_from_the_cause_to_the_customer() -> None:
    found = Evidence(UNIT, {link: Answer(True, "") for link in reversed(CHAIN)})
    assert [link for link, _ in found.in_order] == list(CHAIN)


def test_what_cannot_be_asked_breaks_nothing() -> None:
    found = evidence({SUPERVISOR: None, REGISTRY: False})
    assert broken_link(found) == REGISTRY
    assert "unknown systemd" in diagnosis(found)


def test_a_chain_that_holds_by_now_was_too_late() -> None:
    assert broken_link(evidence()) is None
    assert finding(evidence()) == (
        f"every link of {UNIT} is in order now; it recovered after its bound"
    )


def test_what_should_be_gone_hangs_where_it_still_is() -> None:
    found = evidence(
        {SCHEDULER: False, SUPERVISOR: False, ENGINE: False, APPLICATION: False, REGISTRY: False}
    )
    assert broken_link(replace(found, gone=gone_from([WITHDRAWN]))) == RENDERER


@pytest.mark.parametrize("link", [REGISTRY, RENDERER, ROUTER, CONFIGURATION], ids=str)
def test_those_that_follow_an_instance_have_to_drop_it(link: Link) -> None:
    gone = gone_from([WITHDRAWN])
    links = {SUPERVISOR: Answer(True, ""), link: Answer(True, "")}
    assert broken_link(Evidence(UNIT, links, gone=gone)) is link
    links[link] = Answer(False, "")
    assert broken_link(Evidence(UNIT, links, gone=gone)) is None
    links[link] = Answer(None, "")
    assert Evidence(UNIT, links, gone=gone).state(link) == "unknown"
    # of an instance that should be there it is the other way round
    assert Evidence(UNIT, {link: Answer(False, "")}).state(link) == "broken"
    assert Evidence(UNIT, {link: Answer(True, "")}).state(link) == "ok"


def test_the_link_that_a_stage_speaks_of_has_to_drop_it_too() -> None:
    links = {SUPERVISOR: Answer(True, ""), ENGINE: Answer(True, "")}
    assert broken_link(Evidence(UNIT, links, gone=gone_from([ENDED]))) is ENGINE
    assert broken_link(Evidence(UNIT, links, gone=gone_from([WITHDRAWN]))) is None


def test_the_journal_is_shown() -> None:
    found = Evidence(UNIT, {}, ("probe failed: refused",))
    assert "    probe failed: refused" in diagnosis(found)


def test_nothing_can_be_concluded_when_no_link_could_be_asked() -> None:
    asked = Answer(None, "cannot be asked")
    silent = Evidence("u", {SCHEDULER: asked, REGISTRY: asked})
    assert silent.silent
    assert finding(silent) == "no link of u could be asked"
    assert not Evidence("u", {SCHEDULER: asked, REGISTRY: Answer(False, "no entry")}).silent
    # what was observed last is known without asking
    known = {CONFIGURATION: Answer(True, "named"), CUSTOMERS: Answer(False, "no answer")}
    assert Evidence("u", {SCHEDULER: asked, **known}).silent


# stages that came too late, of which links say nothing afterwards

KILL = recovery(CONTAINER_KILL)


def verdict(stage: Stage, outcome: Outcome, after: float | None = 1.0) -> StageVerdict:
    return StageVerdict(stage, outcome, after, 1.0, KILL.bounds[stage], "")


@pytest.mark.parametrize(("left_behind", "link"), [(True, REGISTRY), (False, APPLICATION)])
def test_customers_are_sent_to_a_lost_machine_by_its_entry(left_behind: bool, link: Link) -> None:
    found = [verdict(ANNOUNCED, "passed"), verdict(SERVING, "failed")]
    assert late_link(found, left_behind=left_behind) == link


def test_an_entry_left_behind_explains_nothing_but_customers() -> None:
    found = [verdict(RUNNING, "failed"), verdict(SERVING, "failed")]
    assert late_link(found, left_behind=True) == ENGINE
    assert late_link([verdict(SERVING, "passed")], left_behind=True) is None


@pytest.mark.parametrize(
    ("failed", "link"),
    [
        ({RUNNING}, ENGINE),
        ({RUNNING, ANNOUNCED, ROUTED, SERVING}, ENGINE),
        ({ANNOUNCED, ROUTED}, REGISTRY),
        ({ROUTED}, ROUTER),
        # serving counts from running, not from routed
        ({ROUTED, SERVING}, ROUTER),
        ({SERVING}, APPLICATION),
        (set(), None),
    ],
)
def test_the_first_stage_beyond_its_own_terms_names_the_link(
    failed: set[Stage], link: Link | None
) -> None:
    stages = (NOTICED, RUNNING, ANNOUNCED, ROUTED, SERVING)
    found = [verdict(stage, "failed" if stage in failed else "passed") for stage in stages]
    assert late_link(found) == link


def test_the_first_is_the_one_that_the_others_follow_from() -> None:
    found = [verdict(stage, "failed") for stage in (ROUTED, ANNOUNCED, RUNNING)]
    assert late_link(found) == ENGINE


def test_a_link_that_was_late_explains_a_chain_that_holds_now() -> None:
    found = evidence().with_late(ROUTER)
    assert broken_link(found) == ROUTER
    assert finding(found) == f"HAProxy was the first link of {UNIT} to take longer than its terms"


def test_a_link_that_was_late_need_not_be_among_those_that_were_asked() -> None:
    asked = Evidence(UNIT, {SCHEDULER: Answer(True, "")}, late=ROUTER)
    assert finding(asked) == f"HAProxy was the first link of {UNIT} to take longer than its terms"


def test_a_link_that_is_broken_now_explains_more_than_one_that_was_late() -> None:
    found = evidence({REGISTRY: False}).with_late(ROUTER)
    assert broken_link(found) == REGISTRY
    assert "is broken at etcd: etcd says" in finding(found)


def test_the_product_failed_and_shows_where() -> None:
    found = evidence({REGISTRY: False})
    error = BrokenChain("it was not announced", found)
    assert isinstance(error, AssertionError)
    assert (error.sentence, error.evidence) == ("it was not announced", found)
    assert str(error).startswith("it was not announced\ndiagnosis: the chain of web@1.service is")
    gone = BrokenChain("it was not withdrawn", replace(evidence(), gone=gone_from([WITHDRAWN])))
    assert "broken at etcd" in str(gone)


def test_a_unit_of_the_deployment_is_named_in_full() -> None:
    unit = main_unit("cache")
    found = Evidence(unit.name, {SCHEDULER: Answer(False, "does not know the unit")})
    assert finding(found) == f"the chain of {unit.name} is broken at fleet: does not know the unit"
