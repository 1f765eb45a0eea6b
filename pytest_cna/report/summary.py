"""The terminal's summary: faults, stages and times on one page."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from pytest_cna.report.status import PASSED, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.records import FaultRecord
    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario

WIDTH = 120
STATUS = max(map(len, STATUSES))
NAME = 62
"""Columns of a status, and of a scenario's name."""


def lines(report: Report) -> Iterator[str]:
    """The summary's lines, of at most ``WIDTH`` columns. Times are seconds after the fault; a stage
    that was not reached shows as ``-``."""
    for feature, scenarios in report.features.items():
        yield ""
        yield _shortened(feature, WIDTH)
        for scenario in scenarios:
            name = f"{_shortened(scenario.name, NAME):<{NAME}}"
            yield f"  {scenario.status.name:<{STATUS}} {name} {_traffic(scenario)}".rstrip()
            for fault in scenario.faults:
                yield from _fault(fault, passed=scenario.status is PASSED)
    yield ""
    yield f"{report.counts} (seed {report.environment.seed})"


def _shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 3]}..."


def _traffic(scenario: Scenario) -> str:
    traffic = scenario.traffic
    if traffic is None:
        return ""
    return f"{traffic.failed} of {traffic.requests} failed, gap {traffic.longest_gap:.2f}"


def _fault(fault: FaultRecord, *, passed: bool) -> Iterator[str]:
    stages = "  ".join(
        f"{stage.name} {'-' if stage.after is None else f'{stage.after:.1f}'}"
        for stage in fault.stages
    )
    # a scenario that passed did not wait for the missing stages
    missing = "not followed to its end" if passed else "not recovered"
    after = missing if fault.recovered_after is None else f"{fault.recovered_after:.1f}"
    bound = f"bound {fault.bound:.1f}, most of it {fault.dominated_by}"
    followed = "" if fault.subject in fault.unit else f", {fault.unit}"
    yield from _wrapped(f"{fault.kind}: {fault.subject}{followed} ({bound})", 12)
    yield from _wrapped(f"{stages}  => {after}", 14)
    for sentence in fault.drifted:
        yield from _wrapped(sentence, 14)


def _wrapped(text: str, indent: int) -> list[str]:
    first, further = " " * indent, " " * (indent + 2)
    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
