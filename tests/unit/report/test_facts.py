"""What a scene leaves, as records of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_RETURN
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.diagnosis import Evidence, Link
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.report.facts import (
    coverage,
    diagnosis_record,
    fault_record,
    traffic_record,
    unit_records,
)

DEPLOYMENT = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
UNIT = DEPLOYMENT.main_units(DEPLOYMENT.service("web server"))[0]
BOUNDS = bounds(CONTAINER_KILL, UNIT, TimeTerms(DEPLOYMENT, NATIVE, Measured(None, {}, 1.0)))
KILL = Recovery(CONTAINER_KILL, "zurmo_apache.8001", UNIT, "core-1", 100.0, BOUNDS)


def test_a_fault_has_recovered_with_its_last_stage() -> None:
    reached = {stage: float(index) for index, stage in enumerate(BOUNDS)}
    record = fault_record(KILL, reached)
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


def test_a_machine_that_returns_is_followed_itself() -> None:
    time_terms = TimeTerms(DEPLOYMENT, NATIVE, Measured(None, {}, 1.0))
    limits = bounds(MACHINE_RETURN, UNIT, time_terms)
    record = fault_record(
        Recovery(MACHINE_RETURN, "core-2", UNIT, "core-2", 100.0, limits), {"joined": 1.0}
    )
    assert (record.service, record.unit) == ("machine", "core-2")


@pytest.mark.parametrize("missing", list(BOUNDS))
def test_a_fault_with_a_stage_missing_has_not(missing: str) -> None:
    reached = {stage: None if stage == missing else 1.0 for stage in BOUNDS}
    assert fault_record(KILL, reached).recovered_after is None


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
    healed = traffic_record([request(1.0, 0.2, "Timeout"), request(2.0, 0.5)])
    assert healed is not None
    assert healed.outage == 1.5


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
    "fleet": Link(True, "wants it"),
    "systemd": Link(False, "failed/failed"),
    "etcd": Link(True, "has it"),
    "HAProxy": Link(None, "cannot be asked"),
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
    assert record.sentence == "u hangs at systemd: failed/failed"
    assert "broken  systemd       failed/failed" in record.text
    assert record.text.endswith("a line")


def test_of_what_should_be_gone_those_who_still_know_it_are_broken() -> None:
    record = diagnosis_record(Evidence("u", LINKS), gone=True)
    assert record.broken == "etcd"
    assert [link.state for link in record.links] == ["ok", "ok", "broken", "unknown"]


def test_nothing_can_be_asked() -> None:
    record = diagnosis_record(Evidence("u", {"fleet": Link(None, "no answer")}))
    assert record.broken is None
    assert record.sentence == "no link of u could be asked"
