"""Comparison of two runs. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.judgement.requests import percentile
from pytest_cna.report.status import is_bad

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.report.history import HistoryEntry

LABEL = 44


def compare(first: HistoryEntry, second: HistoryEntry) -> Iterator[str]:
    """Lines that compare two runs: figures, recoveries as p50 and p95 with their number, and
    scenarios whose status changed."""
    yield _row("", first.session, second.session)
    yield _row("commit", *(each.commit[:12] or "-" for each in (first, second)))
    yield _row("provider, seed", *(f"{each.provider}, {each.seed}" for each in (first, second)))
    yield from _verdicts(first, second)
    for status in dict.fromkeys([*first.summary, *second.summary]):
        numbers = [each.summary.get(status, 0) for each in (first, second)]
        if any(numbers):
            yield _row(status, *map(str, numbers))
    yield _row(
        "failed requests",
        *(f"{each.failed_requests} of {each.requests}" for each in (first, second)),
    )
    keys = list(dict.fromkeys([*first.recoveries, *second.recoveries]))
    if keys:
        yield ""
        yield _row("recovery, seconds", "p50 / p95 (of)", "p50 / p95 (of)")
        for key in keys:
            times = (each.recoveries.get(key, ()) for each in (first, second))
            yield _row(key, *map(_times, times))
    yield from _changes(first, second)


def _verdicts(first: HistoryEntry, second: HistoryEntry) -> Iterator[str]:
    """The headlines, each in a line of its own as they may be long."""
    if first.headline or second.headline:
        for each in (first, second):
            yield f"{f'verdict of {each.session}':<{LABEL}} {each.headline or '-'}"


def _changes(first: HistoryEntry, second: HistoryEntry) -> Iterator[str]:
    before, after = first.statuses, second.statuses
    both = [name for name in after if name in before]
    was = {name: is_bad(before[name]) for name in both}
    now = {name: is_bad(after[name]) for name in both}
    found = {
        "cured": [name for name in both if was[name] and not now[name]],
        "worse": [name for name in both if now[name] and not was[name]],
        "as bad": [name for name in both if was[name] and now[name]],
        "new": [name for name in after if name not in before],
        "gone": [name for name in before if name not in after],
    }
    for title, names in found.items():
        if names:
            yield ""
            yield f"{title}:"
            for name in names:
                statuses = " -> ".join(filter(None, [before.get(name), after.get(name)]))
                yield f"  {name} ({statuses})"


def _times(times: Sequence[float]) -> str:
    if not times:
        return "-"
    return f"{percentile(times, 50):.1f} / {percentile(times, 95):.1f} ({len(times)})"


def _row(label: str, first: str, second: str) -> str:
    return f"{label:<{LABEL}} {first:<24} {second}".rstrip()
