"""The trend over the last runs. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.report.history import LATEST, entry
from pytest_cna.report.page.wording import listed
from pytest_cna.report.status import is_bad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.history import HistoryEntry
    from pytest_cna.report.report import Report


@dataclass(frozen=True, slots=True)
class Run:
    entry: HistoryEntry
    this: bool

    @property
    def total(self) -> int:
        return sum(self.entry.summary.values())

    @property
    def closest(self) -> float | None:
        """The largest share of its bound that a recovery took: 1 is the whole bound."""
        shares = [
            max(times) / self.entry.bounds[key]
            for key, times in self.entry.recoveries.items()
            if times and self.entry.bounds.get(key)
        ]
        return max(shares, default=None)

    @property
    def slowest(self) -> float | None:
        """Seconds of the longest recovery."""
        return max((max(times) for times in self.entry.recoveries.values() if times), default=None)


@dataclass(frozen=True, slots=True)
class Trend:
    """The runs, oldest first and this one last. ``new``: scenarios that fail and passed in the run
    before; ``cured``: the reverse."""

    runs: Sequence[Run]
    new: Sequence[str]
    cured: Sequence[str]

    @property
    def most(self) -> int:
        return max((run.total for run in self.runs), default=0) or 1

    @property
    def sentence(self) -> str:
        if not self.new and not self.cured:
            return "Nothing passed or failed that did not the time before."
        parts = [f"new: {listed(list(self.new))}"] if self.new else []
        parts += [f"cured: {listed(list(self.cured))}"] if self.cured else []
        return f"Since the time before, {'; '.join(parts)}."


def trend(report: Report, history: Sequence[HistoryEntry]) -> Trend | None:
    """The trend of the last runs; None without an earlier run."""
    now = entry(report)
    earlier = [run for run in history if run.session != now.session and run.started <= now.started]
    if not earlier:
        return None
    before = max(earlier, key=lambda run: run.started)
    changed = {
        name: (is_bad(before.statuses[name]), is_bad(status))
        for name, status in now.statuses.items()
        if name in before.statuses
    }
    runs = sorted(earlier, key=lambda run: run.started)[-(LATEST - 1) :]
    return Trend(
        [*(Run(run, False) for run in runs), Run(now, True)],
        [name for name, (was, is_now) in changed.items() if is_now and not was],
        [name for name, (was, is_now) in changed.items() if was and not is_now],
    )
