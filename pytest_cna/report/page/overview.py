"""The overview: the verdict of the run in one sentence and a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_cna.core.fault_kinds import fault_kind
from pytest_cna.report.page.chapter import held, slowest_recovery
from pytest_cna.report.page.outage import rows, totals
from pytest_cna.report.page.wording import capitalised, count, seconds
from pytest_cna.report.status import PASSED, WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.judgement.headline import Headline
    from pytest_cna.judgement.verdicts import Outcome
    from pytest_cna.report.records import FaultRecord
    from pytest_cna.report.report import Environment, Report
    from pytest_cna.report.status import Status


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its label and an explanation; ``bad`` marks that it needs attention."""

    label: str
    figure: str
    words: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    headline: Headline
    sentence: str
    counts: Sequence[tuple[Status, int]]
    tiles: Sequence[Tile]
    facts: Sequence[tuple[str, str]]
    scale: float
    """The longest bound or recovery, in seconds; 0 without a fault."""

    @property
    def total(self) -> int:
        return sum(number for _, number in self.counts) or 1


def overview(report: Report) -> Overview:
    numbers = report.summary
    counts = [(status, numbers[status.name]) for status in WORST_FIRST if numbers[status.name]]
    judged = sum(number for status, number in counts if status.judged)
    sentence = f"{capitalised(held(dict(counts)))}."
    faults = [fault for scenario in report.scenarios for fault in scenario.faults]
    scale = max((max(f.bound, f.recovered_after or 0.0) for f in faults), default=0.0)
    return Overview(
        report.headline, sentence, counts, _tiles(report, judged), _facts(report), scale
    )


def _tiles(report: Report, judged: int) -> list[Tile]:
    passed = report.summary[PASSED.name]
    tiles = [Tile("Scenarios that held", f"{passed} of {judged}", "", passed < judged)]
    customers = rows(report.scenarios)
    if customers:
        sums = totals(customers)
        calm = sum(not each.traffic.noticed for each in customers)
        words = f"{sums.failed:,} of {count(sums.requests, 'request')} failed"
        words += f" in the other {len(customers) - calm}" if 0 < calm < len(customers) else ""
        tiles.append(Tile("Customers noticed nothing", f"{calm} of {len(customers)}", words))
        words = "without any good answer, at most"
        tiles.append(Tile("Longest gap", seconds(sums.longest_gap), words))
    faults = [
        fault
        for scenario in report.scenarios
        for fault in scenario.faults
        if not fault_kind(fault.kind).undoing
    ]
    if faults:
        hits = {(fault.kind, fault.injected_at) for fault in faults}
        bad = any(fault.outcome in BAD for fault in faults)
        tiles.append(Tile("Faults injected", f"{len(hits)}", _recovered(faults), bad))
    slowest = slowest_recovery(report.scenarios)
    if slowest is not None:
        words = f"of at most {seconds(slowest.bound)}: {slowest.kind}, {slowest.service}"
        tiles.append(Tile("Slowest recovery", seconds(slowest.recovered_after), words))
    return tiles


BAD: dict[Outcome, str] = {"failed": "not recovered in time", "unknown": "could not be judged"}
"""Outcomes of recoveries that need attention → how they are called."""


def _recovered(faults: Sequence[FaultRecord]) -> str:
    """What became of the recoveries."""
    numbers = {each: sum(fault.outcome == each for fault in faults) for each in BAD}
    found = [f"{number} {BAD[each]}" for each, number in numbers.items() if number]
    return ", ".join(found) or "recovered within their bounds, as far as they were followed"


def _facts(report: Report) -> list[tuple[str, str]]:
    run: Environment = report.environment
    began = datetime.fromtimestamp(run.started, UTC)
    machines = ", ".join(f"{each.name} ({each.address})" for each in run.machines)
    facts = [
        ("Began", f"{began:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", seconds(report.duration)),
        ("Provider", run.provider),
        ("Machines", machines),
        ("Deployment", run.deployment),
        ("Commit", run.commit),
        ("Seed", str(run.seed)),
        ("Session", run.session),
        ("Command", run.command),
        ("Versions", ", ".join(f"{name} {each}" for name, each in sorted(run.versions.items()))),
    ]
    return [(name, value) for name, value in facts if value]
