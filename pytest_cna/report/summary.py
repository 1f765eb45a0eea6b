"""The terminal's summary: what was done, what followed and how long it took, in a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.model import FaultRecord, Report, Scenario


def lines(report: Report) -> Iterator[str]:
    """Times in seconds after the fault; a stage that was not reached shows as ``-``."""
    feature = ""
    for scenario in report.scenarios:
        if scenario.feature != feature:
            feature = scenario.feature
            yield ""
            yield feature
        name = f"{_shortened(scenario.name):<68}"
        yield f"  {scenario.status:<9} {name} {_traffic(scenario)}".rstrip()
        for fault in scenario.faults:
            yield from _fault(fault)
    count = ", ".join(f"{number} {status}" for status, number in report.summary.items() if number)
    yield ""
    yield f"{count or 'no scenario ran'} (seed {report.environment.seed})"


def _shortened(name: str) -> str:
    return name if len(name) <= 68 else f"{name[:65]}..."


def _traffic(scenario: Scenario) -> str:
    traffic = scenario.traffic
    if traffic is None:
        return ""
    return f"{traffic.failed} of {traffic.requests} failed, gap {traffic.longest_gap:.2f}"


def _fault(fault: FaultRecord) -> Iterator[str]:
    stages = "  ".join(
        f"{stage.name} {'-' if stage.after is None else f'{stage.after:.1f}'}"
        for stage in fault.stages
    )
    after = "not recovered" if fault.recovered_after is None else f"{fault.recovered_after:.1f}"
    bound = f"bound {fault.bound:.1f}, most of it {fault.dominated_by}"
    yield f"            {fault.kind}: {fault.subject} ({bound})"
    yield f"              {stages}  => {after}"
