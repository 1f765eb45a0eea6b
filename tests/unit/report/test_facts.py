"""What a scene leaves, as records of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.bounds import CONTAINER_KILL, bounds
from pytest_cna.constants import Constants, Measured
from pytest_cna.fleet.deployment import read_deployment
from pytest_cna.model import RequestRecord
from pytest_cna.recovery import Recovery
from pytest_cna.report.facts import fault_record, traffic_record

DEPLOYMENT = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
UNIT = DEPLOYMENT.main_units(DEPLOYMENT.service("web server"))[0]
BOUNDS = bounds(CONTAINER_KILL, UNIT, Constants(DEPLOYMENT, 10.0, 1.0, Measured({}, {}, 1.0)))
KILL = Recovery(CONTAINER_KILL, "zurmo_apache.8001", UNIT, "core-1", 100.0, BOUNDS)


def test_a_fault_has_recovered_with_its_last_stage() -> None:
    reached = {stage: float(index) for index, stage in enumerate(BOUNDS)}
    record = fault_record(KILL, reached)
    assert (record.kind, record.subject, record.machine) == (
        CONTAINER_KILL,
        "zurmo_apache.8001",
        "core-1",
    )
    assert record.injected_at == 100.0
    assert record.recovered_after == len(BOUNDS) - 1
    assert record.bound == max(stage.bound for stage in record.stages)
    assert [(stage.name, stage.after) for stage in record.stages] == list(reached.items())
    assert record.dominated_by in {term.name for term in record.terms}
    assert record.bound == pytest.approx(sum(term.seconds for term in record.terms))


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
