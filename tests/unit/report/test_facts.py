"""What a scene leaves, as records of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_RETURN
from pytest_cna.core.links import REGISTRY, ROUTER, SCHEDULER, SUPERVISOR
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.stages import WITHDRAWN, gone_from, stage_named
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.diagnosis import Answer, Evidence
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.judgement.verdicts import StageVerdict, Verdict
from pytest_cna.report.facts import (
    coverage,
    diagnosis_record,
    fault_record,
    traffic_record,
    unit_records,
    verdict_record,
)
from pytest_cna.report.records import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.judgement.bounds import Bound
    from pytest_cna.judgement.verdicts import Outcome

DEPLOYMENT = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
UNIT = DEPLOYMENT.main_units(DEPLOYMENT.service("web server"))[0]
BOUNDS = bounds(CONTAINER_KILL, UNIT, TimeTerms(DEPLOYMENT, NATIVE, Measured(None, {}, 1.0)))
KILL = Recovery(CONTAINER_KILL, "zurmo_apache.8001", UNIT, "core-1", 100.0, BOUNDS)


def verdicts(
    limits: Mapping[Any, Bound], reached: Mapping[str, float | None], outcome: Outcome = "passed"
) -> list[StageVerdict]:
    """A verdict on each stage, as the judge makes them."""
    return [
        StageVerdict(
            stage_named(str(stage)), outcome, reached[str(stage)], 7.5, limit, f"on {stage}", ("x",)
        )
        for stage, limit in limits.items()
    ]


def test_a_fault_has_recovered_with_its_last_stage() -> None:
    reached = {str(stage): float(index) for index, stage in enumerate(BOUNDS)}
    record = fault_record(KILL, verdicts(BOUNDS, reached))
    assert (record.kind, record.subject, record.machine) == (
        CONTAINER_KILL.name,
        "zurmo_apache.8001",
        "core-1",
    )
    assert record.injected_at == 100.0
    assert record.recovered_after == len(BOUNDS) - 1
    assert record.bound == max(stage.bound for stage in record.stages)
    assert [(stage.name, stage.after) for stage in record.stages] == list(reached.items())
    assert record.dominated_by in {term.name for term in record.terms}
    assert record.bound == pytest.approx(sum(term.seconds for term in record.terms))


def test_a_stage_is_recorded_as_it_was_judged() -> None:
    reached = dict.fromkeys(map(str, BOUNDS), 12.0)
    record = fault_record(KILL, verdicts(BOUNDS, reached, "failed"))
    first = record.stages[0]
    assert (first.outcome, first.allowed) == ("failed", 7.5)
    assert (first.sentence, first.evidence) == ("on noticed", ("x",))
    limit = next(iter(BOUNDS.values()))
    assert [term.name for term in first.terms] == [term.name for term in limit.own]
    assert record.outcome == "failed"


def test_a_machine_that_returns_is_followed_itself() -> None:
    time_terms = TimeTerms(DEPLOYMENT, NATIVE, Measured(None, {}, 1.0))
    limits = bounds(MACHINE_RETURN, UNIT, time_terms)
    record = fault_record(
        Recovery(MACHINE_RETURN, "core-2", UNIT, "core-2", 100.0, limits),
        verdicts(limits, {"joined": 1.0}),
    )
    assert (record.service, record.unit) == ("machine", "core-2")


@pytest.mark.parametrize("missing", list(map(str, BOUNDS)))
def test_a_fault_with_a_stage_missing_has_not(missing: str) -> None:
    reached = {str(stage): None if str(stage) == missing else 1.0 for stage in BOUNDS}
    assert fault_record(KILL, verdicts(BOUNDS, reached)).recovered_after is None


def test_a_fault_without_stages_is_not_followed() -> None:
    record = fault_record(KILL, [])
    assert (record.bound, record.dominated_by, record.recovered_after) == (0.0, "", None)
    assert (record.stages, record.terms, record.outcome) == ((), (), "not awaited")


def test_a_check() -> None:
    record = verdict_record(Verdict("failed", "an entry is missing", ("web",), "one entry"))
    assert (record.name, record.outcome) == ("one entry", "failed")
    assert (record.sentence, record.evidence) == ("an entry is missing", ("web",))


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "not awaited"], "not awaited"),
        (["not awaited", "unknown"], "unknown"),
        (["unknown", "failed"], "failed"),
    ],
)
def test_the_worst_outcome_of_a_stage_is_that_of_the_fault(
    outcomes: list[Outcome], worst: str
) -> None:
    record = fault_record(KILL, [])
    stages = tuple(Stage("running", None, 1.0, outcome=each) for each in outcomes)
    assert replace(record, stages=stages).outcome == worst


def request(start: float, duration: float, error: str = "") -> RequestRecord:
    return RequestRecord(start, duration, 1, "list", "GET", 200, "web.1", error)


def test_the_slowest_is_the_slowest_good_answer() -> None:
    record = traffic_record([request(0.0, 0.2), request(1.0, 0.4), request(2.0, 9.0, "Timeout")])
    assert record is not None
    assert (record.requests, record.failed, record.slowest) == (3, 1, 0.4)
    assert record.by_instance == {"web.1": 2}
    assert record.errors == {"Timeout": 1}


def test_no_customers_no_record() -> None:
    assert traffic_record([]) is None


def test_slow_answers_and_the_outage() -> None:
    record = traffic_record(
        [request(0.0, 1.5), request(1.0, 0.2, "Timeout"), request(2.0, 0.5), request(3.0, 0.1, "x")]
    )
    assert record is not None
    assert (record.slow, record.outage) == (1, None)
    assert (record.slow_after, record.gap_after) == (1.0, 1.0)
    assert record.noticed == (
        "2 of 4 requests failed, to the end",
        "1.5 s without any good answer",
        "1 of 2 answers took longer than 1.0 s",
    )
    healed = traffic_record([request(1.0, 0.2, "Timeout"), request(2.0, 0.5)])
    assert healed is not None
    assert healed.outage == 1.5


def test_what_was_slow_before_the_fault_is_no_effect_of_it() -> None:
    record = traffic_record([request(0.0, 1.5), request(1.7, 1.6), request(3.5, 2.4)], 3.4)
    assert record is not None
    assert record.slow == 0
    assert record.slow_after == pytest.approx(2.6)
    assert record.noticed == ()


def test_what_this_deployment_can_be_hit_by() -> None:
    pairs = {(pair.kind, pair.service): pair.units for pair in coverage(DEPLOYMENT)}
    assert pairs["service stop", "web server"] == (
        "zurmo_apache@8001.service",
        "zurmo_apache@8002.service",
    )
    # a data container is only created: nothing of it can be killed
    assert ("container kill", "configuration") not in pairs
    assert ("machine loss", "configuration") in pairs
    # of four kinds with six services, two data containers cannot be killed, nor paused
    assert len(pairs) == 4 * 6 - 4


def test_units_and_what_others_call_them() -> None:
    units = {unit.name: unit for unit in unit_records(DEPLOYMENT)}
    web = units["zurmo_apache@8001.service"]
    assert (web.role, web.service, web.called, web.instance, web.container, web.backend) == (
        "main",
        "webserver",
        "web server",
        "8001",
        "zurmo_apache.8001",
        "webserver_nodes",
    )
    sidekick = units["zurmo_apache_discovery@8001.service"]
    assert (sidekick.role, sidekick.service, sidekick.backend) == ("sidekick", "webserver", "")


LINKS = {
    SCHEDULER: Answer(True, "wants it"),
    SUPERVISOR: Answer(False, "failed/failed"),
    REGISTRY: Answer(True, "has it"),
    ROUTER: Answer(None, "cannot be asked"),
}


def test_the_first_broken_link_is_named() -> None:
    record = diagnosis_record(Evidence("u", LINKS, ("a line",)))
    assert [(link.name, link.state) for link in record.links] == [
        ("fleet", "ok"),
        ("systemd", "broken"),
        ("etcd", "ok"),
        ("HAProxy", "unknown"),
    ]
    assert record.broken == "systemd"
    assert record.sentence == "the chain of u is broken at systemd: failed/failed"
    assert "broken  systemd       failed/failed" in record.text
    assert record.text.endswith("a line")


def test_of_what_should_be_gone_those_who_still_know_it_are_broken() -> None:
    record = diagnosis_record(Evidence("u", LINKS, gone=gone_from([WITHDRAWN])))
    assert record.broken == "etcd"
    assert [link.state for link in record.links] == ["ok", "ok", "broken", "unknown"]


def test_nothing_can_be_asked() -> None:
    record = diagnosis_record(Evidence("u", {SCHEDULER: Answer(None, "no answer")}))
    assert record.broken is None
    assert record.sentence == "no link of u could be asked"
