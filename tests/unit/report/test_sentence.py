"""Sentences for stakeholders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import FAULT, TRAFFIC, scenario

from pytest_cna.judgement.verdicts import Outcome
from pytest_cna.report.records import FaultRecord, Stage, TrafficRecord
from pytest_cna.report.sentence import sentence
from pytest_cna.report.status import BROKEN, FAILED, PASSED, UNDEFINED, Status

DONE = (Stage("running", 2.1, 6.0, outcome="passed"),)
KILL = replace(FAULT, kind="container kill", recovered_after=2.1, bound=6.0, stages=DONE)
CALM = replace(TRAFFIC, failed=0, outage=0.0, noticed=())


def half(outcome: Outcome, after: float | None = None) -> FaultRecord:
    stages = (
        Stage("noticed", 0.5, 1.0, outcome="passed"),
        Stage("running", after, 6.0, outcome=outcome),
    )
    return replace(KILL, recovered_after=after, stages=stages)


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
            [half("failed")],
            replace(TRAFFIC, noticed=("3 of 652 requests failed, to the end",)),
            (
                "A web server's container was killed: not recovered within 6.0 s; customers "
                "noticed: 3 of 652 requests failed, to the end; the product failed."
            ),
        ),
        (
            FAILED,
            [half("failed", 5.9)],
            None,
            (
                "A web server's container was killed: running after 5.9 s, which was too late; "
                "the product failed."
            ),
        ),
        (
            BROKEN,
            [half("unknown")],
            None,
            (
                "A web server's container was killed: whether it recovered is not known; "
                "could not be judged."
            ),
        ),
        (
            PASSED,
            [half("passed", 2.1)],
            replace(CALM, noticed=("3.2 s without any good answer", "2 of 9 answers were slow")),
            (
                "A web server's container was killed: back in full strength after 2.1 s of at most "
                "6.0 s; customers noticed: 3.2 s without any good answer, 2 of 9 answers were slow."
            ),
        ),
        (
            PASSED,
            [replace(KILL, recovered_after=None, stages=())],
            None,
            "A web server's container was killed.",
        ),
        (
            PASSED,
            [
                replace(KILL, kind="machine loss"),
                replace(half("not awaited"), kind="machine loss", service="application"),
                replace(
                    FAULT,
                    kind="machine return",
                    injected_at=9.0,
                    recovered_after=1.2,
                    stages=(Stage("joined", 1.2, 40.0, outcome="passed"),),
                ),
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
