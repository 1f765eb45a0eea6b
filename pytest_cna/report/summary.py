"""The terminal's summary: faults, stages and times on one page."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from pytest_cna.report.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.records import FaultRecord, VerdictRecord
    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario

WIDTH = 120
STATUS, NAME = 9, 68
"""Columns of a status, and of a scenario's name, which gives some to a longer status."""
EVIDENCE = 5
"""Lines of evidence that stand under a verdict; the report has all."""


def lines(report: Report) -> Iterator[str]:
    """The summary's lines, of at most ``WIDTH`` columns. Times are seconds after the fault; a stage
    that was not reached shows as ``-``."""
    status = max([STATUS, *(len(each.status.name) for each in report.scenarios)])
    for feature, scenarios in report.features.items():
        yield ""
        yield _shortened(feature, WIDTH)
        for scenario in scenarios:
            name = _shortened(scenario.name, STATUS + NAME - status)
            first = f"  {scenario.status.name:<{status}} {name:<{STATUS + NAME - status}}"
            yield f"{first} {_traffic(scenario)}".rstrip()
            for fault in scenario.faults:
                yield from _fault(fault)
            for verdict in scenario.verdicts:
                if verdict.outcome != "passed":
                    yield from _verdict(verdict)
    yield ""
    yield report.headline.sentence
    yield f"{report.counts} (seed {report.environment.seed})"


def _shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 3]}..."


def _traffic(scenario: Scenario) -> str:
    traffic = scenario.traffic
    if traffic is None:
        return ""
    words = f"{traffic.failed} of {traffic.requests} failed, gap {traffic.longest_gap:.2f}"
    return f"{words}, {traffic.slow} slow" if traffic.slow else words


def _fault(fault: FaultRecord) -> Iterator[str]:
    stages = "  ".join(
        f"{stage.name} {'-' if stage.after is None else f'{stage.after:.1f}'}"
        for stage in fault.stages
    )
    after = MISSING[fault.outcome]
    if fault.recovered_after is not None:
        late = ", ".join(stage.name for stage in fault.failed)
        after = f"{fault.recovered_after:.1f}" + (f", {late} too late" if late else "")
    bound = f"bound {fault.bound:.1f}, most of it {fault.dominated_by}"
    followed = "" if fault.subject in fault.unit else f", {fault.unit}"
    yield from _wrapped(f"{fault.kind}: {fault.subject}{followed} ({bound})", 12)
    yield from _wrapped(f"{stages}  => {after}", 14)
    for sentence in fault.drifted:
        yield from _wrapped(sentence, 14)


def _verdict(verdict: VerdictRecord) -> Iterator[str]:
    yield from _wrapped(f"{verdict.outcome}: {verdict.sentence}", 12)
    for line in verdict.evidence[:EVIDENCE]:
        yield from _wrapped(line, 14)
    further = len(verdict.evidence) - EVIDENCE
    if further > 0:
        yield f"{' ' * 14}and {further} more"


def _wrapped(text: str, indent: int) -> list[str]:
    first, further = " " * indent, " " * (indent + 2)
    return wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
