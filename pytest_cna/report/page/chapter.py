"""Chapters of the page: a feature with its scenarios. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.fault_kinds import fault_kind
from pytest_cna.report.page.outage import row, rows, totals
from pytest_cna.report.page.waterfall import Waterfall, waterfall
from pytest_cna.report.page.wording import capitalised, count, listed, seconds, slug
from pytest_cna.report.sentence import sentence
from pytest_cna.report.status import SKIPPED, WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_cna.report.page.outage import Row
    from pytest_cna.report.records import FaultRecord
    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario
    from pytest_cna.report.status import Status

OPEN = 3
"""Most scenarios that are unfolded at first, of those that need attention."""
TEXT = 20_000
"""Most characters of a message or traceback."""


@dataclass(frozen=True, slots=True)
class Section:
    """One scenario. ``name`` is its id in the page, ``number`` that of its payloads."""

    number: int
    name: str
    scenario: Scenario
    waterfalls: Sequence[Waterfall]
    customers: Row | None
    open: bool
    """Whether it is unfolded when the page opens."""

    @property
    def sentence(self) -> str:
        return sentence(self.scenario)

    @property
    def attention(self) -> bool:
        """Whether a reader has to look at it."""
        return self.scenario.status.bad

    @property
    def cause(self) -> str:
        """The cause in one line: the diagnosis or the message."""
        found = self.scenario.diagnosis
        if found and found.broken:
            return found.sentence
        return self.scenario.message.partition("\n")[0][:300].removesuffix(":")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One feature."""

    name: str
    title: str
    narrative: str
    sections: Sequence[Section]

    @property
    def scenarios(self) -> list[Scenario]:
        return [section.scenario for section in self.sections]

    @property
    def status(self) -> Status:
        """The worst status of its scenarios; skipped ones count only when all are skipped."""
        found = {scenario.status for scenario in self.scenarios}
        return next((status for status in WORST_FIRST if status in found), SKIPPED)

    @property
    def sentence(self) -> str:
        """A summary for stakeholders: the result, customers' requests, recovery times."""
        return story(self.scenarios)


def story(scenarios: Sequence[Scenario]) -> str:
    parts = [held(Counter(scenario.status for scenario in scenarios))]
    customers = rows(scenarios)
    if customers:
        sums = totals(customers)
        parts.append(
            f"{sums.failed:,} of {count(sums.requests, 'request')} of customers failed"
            if sums.failed
            else f"none of {count(sums.requests, 'request')} of customers failed"
        )
    slowest = slowest_recovery(scenarios)
    if slowest is not None:
        parts.append(
            f"the slowest recovery took {seconds(slowest.recovered_after)} of at most "
            f"{seconds(slowest.bound)}"
        )
    lost = sum(fault.outcome == "failed" for each in scenarios for fault in each.faults)
    if lost:
        parts.append(f"{count(lost, 'recovery')} did not end in time")
    return f"{capitalised(listed(parts))}."


def held(numbers: Mapping[Status, int]) -> str:
    """The result in words; scenarios that were not to be judged do not count."""
    judged = sum(number for status, number in numbers.items() if status.judged)
    if not judged:
        return "nothing was tried"
    bad = [
        f"{numbers[status]} {status.ended}"
        for status in WORST_FIRST
        if status.bad and numbers.get(status)
    ]
    if not bad:
        return "the one scenario held" if judged == 1 else f"all {judged} scenarios held"
    if judged == 1:
        return f"the one scenario {bad[0].partition(' ')[2]}"
    return f"of {judged} scenarios {listed(bad)}"


def slowest_recovery(scenarios: Iterable[Scenario]) -> FaultRecord | None:
    """The longest recovery from a fault; the undoing of one does not count."""
    ended = [
        fault
        for scenario in scenarios
        for fault in scenario.faults
        if fault.recovered_after is not None and not fault_kind(fault.kind).undoing
    ]
    return max(ended, key=lambda fault: fault.recovered_after or 0.0, default=None)


def chapters(report: Report) -> list[Chapter]:
    found: list[Chapter] = []
    number = opened = 0
    for title, scenarios in report.features.items():
        feature = f"f{len(found) + 1}-{slug(title)[:40]}"
        sections = []
        for scenario in scenarios:
            name = f"s{number + 1}-{slug(scenario.name)[:60]}"
            falls = [waterfall(fault) for fault in scenario.faults]
            unfolded = scenario.status.bad and opened < OPEN
            sections.append(Section(number, name, scenario, falls, row(scenario), unfolded))
            number, opened = number + 1, opened + unfolded
        found.append(Chapter(feature, title, scenarios[0].narrative, sections))
    return found


def bounded(text: str) -> str:
    """The end of a text, which is nearest to the failure, within TEXT characters."""
    if len(text) <= TEXT:
        return text
    return f"… {len(text) - TEXT:,} earlier characters are in report.json\n{text[-TEXT:]}"
