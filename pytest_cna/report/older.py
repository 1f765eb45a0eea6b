"""Reports of version 2, which have times and bounds and no verdicts. They are judged once, when
they are read, by their whole bounds."""

from __future__ import annotations

from itertools import chain
from typing import Any

from pytest_cna.judgement.noticed import NOTICEABLE, Experience
from pytest_cna.judgement.verdicts import outcome_of
from pytest_cna.report.status import FAILED, PASSED, SKIPPED

Row = dict[str, Any]

MISSING = {PASSED.name: "not awaited", FAILED.name: "failed", SKIPPED.name: "not awaited"}
"""Status of a scenario → the outcome of a stage that was not reached in it; otherwise unknown."""


def upgraded(report: Row) -> Row:
    """The JSON data of a report of version 2 as one of this version. Raises ValueError when it has
    not the form of one."""
    found = report.get("scenarios")
    return {**report, "scenarios": [upgraded_scenario(each) for each in found or ()]}


def upgraded_scenario(scenario: Row) -> Row:
    """The same of a scenario."""
    try:
        traffic = scenario["traffic"]
        return {
            **scenario,
            "faults": [_fault(fault, scenario["status"]) for fault in scenario["faults"]],
            "verdicts": [],
            "traffic": traffic and _traffic(traffic),
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"scenarios of version 2 without {error}") from error


def _fault(fault: Row, status: str) -> Row:
    stages = [_stage(stage, status) for stage in fault["stages"]]
    terms = list(chain.from_iterable(stage["terms"] for stage in stages))
    return {**fault, "terms": terms, "stages": stages}


def _stage(stage: Row, status: str) -> Row:
    missing = MISSING.get(status, "unknown")
    outcome = outcome_of(stage["after"], stage["bound"], missing=missing)  # type: ignore[arg-type]
    return {**stage, "allowed": None, "outcome": outcome, "sentence": "", "evidence": []}


def _traffic(traffic: Row) -> Row:
    seen = Experience(
        requests=traffic["requests"],
        failed=traffic["failed"],
        longest_gap=traffic["longest_gap"],
        gap_after=NOTICEABLE,
        slow=traffic["slow"],
        slow_after=traffic["slow_after"],
        served_again=traffic["outage"] is not None,
    )
    return {**traffic, "gap_after": seen.gap_after, "noticed": list(seen.noticed)}
