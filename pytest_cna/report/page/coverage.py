"""The coverage matrix: which services were proven against which faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.report.page.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.records import FaultRecord
    from pytest_cna.report.report import Pair, Report
    from pytest_cna.report.scenario import Scenario
    from pytest_cna.report.status import Coverage


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of fault on one service. ``units`` has the result for each instance."""

    pair: Pair
    outcome: Coverage
    units: Sequence[tuple[str, Coverage]]
    scenarios: Sequence[Scenario]
    slowest: FaultRecord | None
    """The longest of the recoveries that ended."""

    @property
    def hit(self) -> int:
        return sum(outcome != "untried" for _, outcome in self.units)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Services as rows, fault kinds as columns; a cell is None where the fault cannot hit the
    service."""

    kinds: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell | None]]]

    @property
    def sentence(self) -> str:
        cells = [cell for _, row in self.rows for cell in row if cell is not None]
        proven = sum(cell.outcome == "proven" for cell in cells)
        untried = sum(cell.outcome == "untried" for cell in cells)
        words = f"{proven} of {count(len(cells), 'pair')} of fault and service are proven"
        return f"{words}; {untried} were not tried." if untried else f"{words}."


def matrix(report: Report) -> Matrix:
    pairs = {(pair.kind, pair.service): pair for pair in report.coverage}
    kinds = list(dict.fromkeys(kind for kind, _ in pairs))
    services = list(dict.fromkeys(service for _, service in pairs))
    cells = {key: _cell(report, pair) for key, pair in pairs.items()}
    return Matrix(
        kinds, [(service, [cells.get((kind, service)) for kind in kinds]) for service in services]
    )


def _cell(report: Report, pair: Pair) -> Cell:
    scenarios, ended = [], []
    for scenario in report.scenarios:
        faults = [f for f in scenario.faults if (f.kind, f.service) == (pair.kind, pair.service)]
        if faults:
            scenarios.append(scenario)
        ended += [fault for fault in faults if fault.recovered_after is not None]
    return Cell(
        pair,
        report.tried(pair),
        [(unit, report.tried(pair, unit)) for unit in pair.units],
        scenarios,
        max(ended, key=lambda fault: fault.recovered_after or 0.0, default=None),
    )
