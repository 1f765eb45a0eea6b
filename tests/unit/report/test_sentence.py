"""Sentences for stakeholders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import FAULT, TRAFFIC, scenario

from pytest_cna.report.records import FaultRecord, Stage, TrafficRecord
from pytest_cna.report.sentence import sentence
from pytest_cna.report.status import BROKEN, FAILED, PASSED, UNDEFINED, Status

KILL = replace(FAULT, kind="container kill", recovered_after=2.1, bound=6.0)
CALM = replace(TRAFFIC, failed=0, outage=0.0)
HALF = replace(
    KILL, recovered_after=None, stages=(Stage("noticed", 0.5, 1.0), Stage("running", None, 6.0))
)


@pytest.mark.parametrize(
    ("status", "faults", "traffic", "says"),
    [
        (
            PASSED,
            [KILL],
            CALM,
            (
                "A web server's container was killed: back in full strength after 2.1 s of at most "
                "6.0 s; customers noticed nothing."
            ),
        ),
        (
            FAILED,
            [HALF],
            replace(TRAFFIC, outage=None),
            (
                "A web server's container was killed: not recovered within 6.0 s; 3 of 652 "
                "requests of customers failed, to the end; the product failed."
            ),
        ),
        (
            PASSED,
            [
                replace(KILL, kind="machine loss"),
                replace(HALF, kind="machine loss", service="application"),
                replace(FAULT, kind="machine return", injected_at=9.0, recovered_after=1.2),
            ],
            None,
            (
                "The machine of a web server and an application was lost: back in full strength "
                "after 2.1 s of at most 6.0 s, as far as it was followed; the lost machine "
                "returned: back in the cluster after 1.2 s of at most 40.0 s."
            ),
        ),
        (PASSED, [], None, "Everything held."),
        (BROKEN, [], None, "Could not be judged."),
        (UNDEFINED, [], CALM, "Not implemented; customers noticed nothing."),
        (
            PASSED,
            [replace(KILL, kind="disk full")],
            None,
            "Disk full of a web server: back in full strength after 2.1 s of at most 6.0 s.",
        ),
    ],
)
def test_what_was_done_noticed_and_how_long_it_took(
    status: Status, faults: list[FaultRecord], traffic: TrafficRecord | None, says: str
) -> None:
    each = scenario(status)
    each.faults = faults
    each.set_traffic(traffic)
    assert sentence(each) == says
