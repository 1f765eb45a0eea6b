"""Customers' requests by scenario. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.report.page.wording import count, listed, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_cna.report.records import TrafficRecord
    from pytest_cna.report.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Row:
    """The requests of one scenario; ``by_instance`` has the share of good answers, the largest
    first."""

    scenario: Scenario
    traffic: TrafficRecord
    by_instance: Sequence[tuple[str, int, float]]
    errors: Sequence[tuple[str, int]]

    @property
    def verdict(self) -> str:
        """What failed and what was noticed, for people."""
        return f"{self._failures} {self._noticed}"

    @property
    def _noticed(self) -> str:
        if not self.traffic.noticed:
            return "Customers noticed nothing."
        return f"Customers noticed: {', '.join(self.traffic.noticed)}."

    @property
    def _failures(self) -> str:
        traffic = self.traffic
        if not traffic.failed:
            return f"None of {count(traffic.requests, 'request')} failed."
        kinds = listed([f"{number:,} of {name}" for name, number in self.errors])
        lasted = (
            "service did not come back while customers were watched"
            if traffic.outage is None
            else f"from the first failure to the next good answer {seconds(traffic.outage)} passed"
        )
        share = f"{traffic.failed:,} of {count(traffic.requests, 'request')} failed"
        return f"{share} ({kinds}): {lasted}."


@dataclass(frozen=True, slots=True)
class Totals:
    requests: int
    failed: int
    slow: int
    longest_gap: float


def row(scenario: Scenario) -> Row | None:
    """The row of a scenario; None without customers."""
    traffic = scenario.traffic
    if traffic is None:
        return None
    good = sum(traffic.by_instance.values()) or 1
    served = sorted(traffic.by_instance.items(), key=lambda each: (-each[1], each[0]))
    return Row(
        scenario,
        traffic,
        [(name or "unnamed", number, number / good) for name, number in served],
        sorted(traffic.errors.items(), key=lambda each: (-each[1], each[0])),
    )


def rows(scenarios: Iterable[Scenario]) -> list[Row]:
    return [found for scenario in scenarios if (found := row(scenario)) is not None]


def totals(found: Sequence[Row]) -> Totals:
    return Totals(
        requests=sum(each.traffic.requests for each in found),
        failed=sum(each.traffic.failed for each in found),
        slow=sum(each.traffic.slow for each in found),
        longest_gap=max((each.traffic.longest_gap for each in found), default=0.0),
    )
