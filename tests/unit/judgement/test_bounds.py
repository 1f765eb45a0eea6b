"""Bounds follow from what is deployed: another constant gives another bound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from deployments import write
from story import MEASURED, SET, TERMS, main_unit

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    FAULT_KINDS,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    ENDED,
    JOINED,
    NAMED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
    Stage,
)
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import DeployedUnit, Deployment, read_deployment
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.judgement.bounds import CALM, Bound, Circumstances, bounds

if TYPE_CHECKING:
    from pathlib import Path

WEB, CACHE, DATABASE, BALANCER = map(
    main_unit, ("web server", "cache", "database", "load balancer")
)


def stages(kind: FaultKind, unit: DeployedUnit) -> list[Stage]:
    return list(bounds(kind, unit, TERMS))


def changed(unit: DeployedUnit, before: str, after: str) -> DeployedUnit:
    """The unit with other text in its file."""
    text = unit.file.render()
    assert before in text
    return replace(unit, file=UnitFile.parse(text.replace(before, after), unit.file.path))


def test_a_killed_web_server() -> None:
    found = bounds(CONTAINER_KILL, WEB, TERMS)
    assert list(found) == [NOTICED, RUNNING, ANNOUNCED, ROUTED, SERVING]
    assert found[NOTICED].seconds == 0
    # docker run's end, 1 at the least + RestartSec 0.5 + twice the measured start
    assert found[RUNNING].seconds == pytest.approx(1 + 0.5 + 2 * 1.0)
    # + the sidekick's RestartSec 0.5 + twice the measured answer + its probe interval + its call
    assert found[ANNOUNCED].seconds == pytest.approx(3.5 + 0.5 + 1.2 + 0.5 + 2.0)
    # + confd -watch 1 + HAProxy: rise 1 x (downinter 0.5 + timeout check 1) + its poll 0.25
    assert found[ROUTED].seconds == pytest.approx(7.7 + 1.0 + 1.5 + 0.25)
    # the same again, and a customer's next request within 2
    assert found[SERVING].seconds == pytest.approx(10.45 + 2.0)
    assert found[ROUTED].dominated_by.name == "start of web server"
    assert "zurmo_apache@.service" in {term.source for term in found[ROUTED].terms}


def test_a_stage_counts_from_the_stage_that_causes_it() -> None:
    found = bounds(CONTAINER_KILL, WEB, TERMS)
    assert {stage: bound.cause for stage, bound in found.items()} == {
        NOTICED: None,
        RUNNING: NOTICED,
        ANNOUNCED: RUNNING,
        ROUTED: ANNOUNCED,
        SERVING: RUNNING,
    }
    assert bounds(MACHINE_LOSS, WEB, TERMS)[RUNNING].cause is SCHEDULED
    assert bounds(SERVICE_START, CACHE, TERMS)[NAMED].cause is ANNOUNCED
    assert bounds(SERVICE_STOP, WEB, TERMS)[WITHDRAWN].cause is NOTICED
    assert bounds(SERVICE_STOP, WEB, TERMS)[UNROUTED].cause is WITHDRAWN


@pytest.mark.parametrize("kind", FAULT_KINDS.values(), ids=str)
def test_the_terms_of_a_stage_are_its_own_after_those_of_its_cause(kind: FaultKind) -> None:
    for unit in SET.units:
        found = bounds(kind, unit, TERMS)
        for stage, bound in found.items():
            before = found[bound.cause].terms if bound.cause else ()
            assert bound.stage is stage
            assert bound.terms == (*before, *bound.own)
            assert bound.seconds == pytest.approx(sum(t.seconds for t in bound.terms))


def test_the_agent_ttl_is_in_the_bound_of_a_machine_loss() -> None:
    short = bounds(MACHINE_LOSS, WEB, TERMS)[NOTICED]
    longer = bounds(MACHINE_LOSS, WEB, replace(TERMS, timing=replace(NATIVE, agent_ttl=30.0)))
    assert longer[NOTICED].seconds - short.seconds == pytest.approx(20.0)
    assert longer[NOTICED].dominated_by.source == "--cna-agent-ttl"


def test_a_web_server_waits_for_two_units_and_so_for_three_engine_passes() -> None:
    found = bounds(MACHINE_LOSS, WEB, TERMS)
    passes = found[SCHEDULED].own[:-1]
    assert [term.seconds for term in passes] == [1.0, 1.0, 1.0]
    alone = bounds(MACHINE_LOSS, BALANCER, TERMS)
    assert len(alone[SCHEDULED].own[:-1]) == 1


def test_the_engine_lease_counts_where_it_is_longer_than_the_agent_ttl() -> None:
    slow = replace(TERMS, timing=replace(NATIVE, engine_interval=4.0))
    noticed = bounds(MACHINE_LOSS, BALANCER, slow)[NOTICED]
    assert noticed.terms[0].seconds == pytest.approx(20.0)
    same = replace(TERMS, timing=replace(NATIVE, engine_interval=2.0))
    assert bounds(MACHINE_LOSS, BALANCER, same)[NOTICED].terms[0].name == "fleet's agent_ttl"


def test_the_loss_of_the_leader_adds_an_election() -> None:
    with_leader = bounds(MACHINE_LOSS, WEB, TERMS, Circumstances(leader_lost=True))
    without = bounds(MACHINE_LOSS, WEB, TERMS)
    assert with_leader[NOTICED].seconds - without[NOTICED].seconds == pytest.approx(2.0)


def test_containers_that_start_at_once_wait_for_each_other() -> None:
    alone = bounds(MACHINE_LOSS, WEB, TERMS)[RUNNING]
    four = bounds(MACHINE_LOSS, WEB, TERMS, Circumstances(together=4))[RUNNING]
    assert four.seconds - alone.seconds == pytest.approx(3 * 2.0)


def test_what_a_customer_waits_for() -> None:
    def waits(unit: DeployedUnit) -> list[str]:
        own = bounds(CONTAINER_KILL, unit, TERMS)[SERVING].own
        return [term.name for term in own if unit.service.called not in term.name]

    asked = ["a customer's next request", "its answer"]
    routed = ["confd -watch", "HAProxy's checks", "HAProxy is polled"]
    assert waits(WEB) == ["sidekick announces entry", *routed, *asked]
    assert waits(CACHE) == ["sidekick announces entry", "confd -watch", *asked]
    # nothing has to learn where a load balancer is
    assert waits(BALANCER) == ["sidekick announces entry", *asked]
    assert stages(CONTAINER_KILL, BALANCER) == [NOTICED, RUNNING, ANNOUNCED, SERVING]


def test_what_is_started_waits_for_a_pass_of_fleets_agent() -> None:
    for kind in (SERVICE_START, MACHINE_LOSS):
        names = [term.name for term in bounds(kind, WEB, TERMS)[RUNNING].own]
        assert names == ["a pass of fleet's agent", "start of web server"]


def test_fleet_notices_when_what_the_machine_renewed_is_gone() -> None:
    names = [term.name for term in bounds(MACHINE_LOSS, WEB, TERMS)[NOTICED].own]
    assert names == ["fleet's agent_ttl", "etcd's pass over expired keys", "fleet is polled"]
    assert Circumstances() == CALM


def test_the_sidekick_of_what_moved_is_placed_and_started_too() -> None:
    found = bounds(MACHINE_LOSS, WEB, TERMS)[ANNOUNCED]
    assert [term.name for term in found.own] == [
        "a pass of fleet's engine",
        "a pass of fleet's agent",
        "RestartSec of web server sidekick",
        "first answer of web server",
        "probe interval of web server",
        "sidekick announces entry",
    ]


def test_a_machine_is_in_fleets_list_when_its_old_registration_is_gone() -> None:
    found = bounds(MACHINE_RETURN, None, TERMS)
    assert list(found) == [JOINED]
    # twice the measured boot + agent_ttl + etcd's pass + fleet's poll
    assert found[JOINED].seconds == pytest.approx(3.0 + 10.0 + 0.5 + 0.25)


def test_a_unit_file_with_a_longer_restart_gives_a_longer_bound() -> None:
    slow = changed(WEB, "RestartSec=500ms", "RestartSec=5s")
    before = bounds(CONTAINER_KILL, WEB, TERMS)[RUNNING].seconds
    assert bounds(CONTAINER_KILL, slow, TERMS)[RUNNING].seconds - before == pytest.approx(4.5)


def test_a_stop_is_noticed_when_systemd_has_killed_what_does_not_end() -> None:
    """Each ExecStop and then the process have TimeoutStopSec, after a pass of fleet's agent."""
    found = bounds(SERVICE_STOP, WEB, TERMS)[NOTICED]
    assert found.seconds == pytest.approx(5.0 + 3 * 30.0 + 0.25)
    assert found.dominated_by.name == "TimeoutStopSec of web server"
    assert "30 s for each of 2 ExecStop and for the process" in found.dominated_by.source
    prompt = bounds(SERVICE_STOP, changed(WEB, "TimeoutStopSec=30", "TimeoutStopSec=7"), TERMS)
    assert prompt[NOTICED].seconds == pytest.approx(5.0 + 3 * 7.0 + 0.25)
    default = bounds(SERVICE_STOP, changed(WEB, "TimeoutStopSec=30", ""), TERMS)[NOTICED]
    assert default.seconds == pytest.approx(5.0 + 3 * 90.0 + 0.25)
    assert "systemd's default" in default.dominated_by.source
    withdrawn = bounds(SERVICE_STOP, WEB, TERMS)[WITHDRAWN]
    assert withdrawn.own_seconds == pytest.approx(2.0)


def test_what_was_not_measured_says_so() -> None:
    found = bounds(CONTAINER_KILL, DATABASE, TERMS)[ANNOUNCED]
    assert any(term.source.startswith("not measured") for term in found.terms)
    unknown = replace(TERMS, measured=replace(MEASURED, containers=None))
    found = bounds(CONTAINER_KILL, WEB, unknown)[RUNNING]
    assert {term.source.partition(":")[0] for term in found.terms} >= {"not measured"}


def test_what_was_measured_says_where() -> None:
    found = bounds(CONTAINER_KILL, WEB, TERMS)[RUNNING]
    assert "measured 1.00 s in the steady state on core-2" in found.dominated_by.source


def test_a_polling_confd_gives_its_interval(tmp_path: Path) -> None:
    images = []
    for image in SET.images:
        context = tmp_path / image.name
        context.mkdir()
        if image.name == "zurmo_haproxy":
            (context / "run").write_text("confd -interval 10 &\n", encoding="utf-8")
        images.append(replace(image, context=context))
    polling = replace(TERMS, deployment=replace(SET, images=tuple(images)))
    assert polling.rendering.seconds == pytest.approx(11.0)
    assert polling.checked_up.source.startswith("HAProxy's defaults")
    slow, prompt = (bounds(SERVICE_STOP, WEB, terms)[UNROUTED] for terms in (polling, TERMS))
    assert slow.seconds - prompt.seconds == pytest.approx(10.0)


def test_an_observer_that_polls_has_its_term() -> None:
    lazy = replace(TERMS, measured=replace(MEASURED, look=1.25))
    for kind, stage in (
        (CONTAINER_KILL, ROUTED),
        (SERVICE_STOP, UNROUTED),
        (SERVICE_STOP, NOTICED),
        (MACHINE_LOSS, NOTICED),
        (MACHINE_RETURN, JOINED),
    ):
        slow, prompt = (bounds(kind, WEB, terms)[stage] for terms in (lazy, TERMS))
        assert slow.own_seconds - prompt.own_seconds == pytest.approx(1.0)


def test_stages_of_a_stop_follow_those_who_follow_discovery() -> None:
    assert stages(SERVICE_STOP, WEB) == [NOTICED, ENDED, WITHDRAWN, UNROUTED]
    assert stages(SERVICE_STOP, CACHE)[-1].name == "dropped"
    assert stages(SERVICE_STOP, BALANCER)[-1] == WITHDRAWN


def test_what_is_never_announced_has_nothing_to_withdraw_to_drop_or_to_name() -> None:
    for called in ("configuration", "application"):
        assert stages(SERVICE_STOP, main_unit(called)) == [NOTICED]
        assert stages(SERVICE_START, main_unit(called)) == [RUNNING]


def test_what_check_and_reload_were_measured_at_counts_where_it_is_more_than_a_second() -> None:
    def routed(reload: float | None) -> float:
        time_terms = replace(TERMS, measured=replace(MEASURED, reload=reload))
        return bounds(CONTAINER_KILL, WEB, time_terms)[ROUTED].seconds

    assert routed(0.1) == routed(None)
    assert routed(3.0) == pytest.approx(routed(None) - 1.0 + 2 * 3.0)


def test_what_customers_waited_before_the_fault_counts_until_one_is_served_again() -> None:
    prompt = bounds(CONTAINER_KILL, WEB, TERMS)
    slow = bounds(CONTAINER_KILL, WEB, TERMS, Circumstances(answered=1.5))
    assert slow[SERVING].seconds - prompt[SERVING].seconds == pytest.approx(2 * 1.5)
    assert slow[ROUTED].seconds == prompt[ROUTED].seconds


def test_a_paused_container_is_withdrawn_when_two_probes_have_failed() -> None:
    found = bounds(CONTAINER_PAUSE, WEB, TERMS)
    assert list(found) == [WITHDRAWN, UNROUTED]
    silence = found[WITHDRAWN].own[1]
    assert silence.seconds == pytest.approx(3 * 0.5 + 2 * 1.0)
    assert "two probes in a row of 1 s" in silence.source
    assert stages(CONTAINER_PAUSE, CACHE) == [WITHDRAWN]


def test_a_resumed_container_needs_no_start() -> None:
    found = bounds(CONTAINER_RESUME, WEB, TERMS)
    assert list(found) == [ANNOUNCED, ROUTED, SERVING]
    killed = bounds(CONTAINER_KILL, WEB, TERMS)
    itself, *names = (term.name for term in found[ANNOUNCED].own)
    assert itself == "container resume itself"
    assert set(names) < {term.name for term in killed[ANNOUNCED].own}


# without a sidekick, without a balancer


@pytest.fixture
def lone(tmp_path: Path) -> Deployment:
    """A web service that announces itself, and a worker that is announced by nothing."""
    path = write(
        tmp_path,
        """
        name = "lone"
        [[service]]
        name = "web"
        template = "web@.service"
        instances = ["80"]
        backend = "nodes"
        [[service]]
        name = "worker"
        template = "worker.service"
        announced = false
        """,
        {"web@.service": "Restart=always\n", "worker.service": "Restart=always\n"},
    )
    return read_deployment(path)


def test_a_service_that_announces_itself_has_to_be_announced_again(lone: Deployment) -> None:
    terms = replace(TERMS, deployment=lone, measured=replace(MEASURED, answering={"web": 0.7}))
    web, worker = lone.units
    found = bounds(CONTAINER_KILL, web, terms)
    assert list(found) == [NOTICED, RUNNING, ANNOUNCED, ROUTED, SERVING]
    assert [term.name for term in found[ANNOUNCED].own] == ["first answer of web"]
    assert found[ANNOUNCED].own_seconds == pytest.approx(1.4)
    # no file says how long its entry outlives it
    assert list(bounds(SERVICE_STOP, web, terms)) == [NOTICED]
    assert list(bounds(CONTAINER_KILL, worker, terms)) == [NOTICED, RUNNING]
    assert bounds(CONTAINER_PAUSE, web, terms) == bounds(CONTAINER_PAUSE, worker, terms) == {}


# the command that hits


@pytest.mark.parametrize("kind", [CONTAINER_KILL, CONTAINER_PAUSE, CONTAINER_RESUME], ids=str)
def test_a_command_that_takes_long_on_the_machine_is_not_blamed_on_the_product(
    kind: FaultKind,
) -> None:
    prompt = bounds(kind, CACHE, TERMS)
    slow = bounds(kind, CACHE, TERMS, Circumstances(taken=3.5))
    assert [slow[stage].seconds - prompt[stage].seconds for stage in prompt] == pytest.approx(
        [3.5] * len(prompt)
    )
    for bound in slow.values():
        named = [term.name for term in bound.own].count(f"{kind} itself")
        assert named == (bound.cause is None)


def test_what_waits_for_its_own_effect_adds_no_time_of_it() -> None:
    stop = bounds(SERVICE_STOP, CACHE, TERMS)
    assert bounds(SERVICE_STOP, CACHE, TERMS, Circumstances(taken=30.0)) == stop


# kinds of one's own


def test_a_kind_like_another_has_its_bounds() -> None:
    mine = FaultKind("crash", "container", CONTAINER_KILL.stages, "{}", like=CONTAINER_KILL)
    theirs = bounds(CONTAINER_KILL, WEB, TERMS)
    found = bounds(mine, WEB, TERMS, Circumstances(taken=0.5))
    assert list(found) == list(theirs)
    assert found[ROUTED].seconds == pytest.approx(theirs[ROUTED].seconds + 0.5)
    assert found[NOTICED].own[0].name == "crash itself"


def test_a_kind_with_stages_and_without_bounds_is_refused() -> None:
    mine = FaultKind("flood", "machine", (NOTICED, ROUTED), "{}")
    with pytest.raises(ConfigurationError, match=r"'flood' has stages \(noticed, routed\) but no "):
        bounds(mine, WEB, TERMS)


def test_a_kind_without_stages_has_no_bounds() -> None:
    assert bounds(FaultKind("flood", "machine", (), "{}"), WEB, TERMS) == {}


def test_a_bound_as_text_names_its_terms() -> None:
    found = bounds(CONTAINER_PAUSE, CACHE, TERMS)[WITHDRAWN]
    assert isinstance(found, Bound)
    assert str(found) == (
        "5.5 s = container pause itself 0.0 + probes of cache fail 3.5 + sidekick withdraws "
        "entry 2.0"
    )
