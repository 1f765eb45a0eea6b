"""Discovery entries that explain why a recovery failed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.discovery import EntryAnnounced

if TYPE_CHECKING:
    from pytest_cna.judgement.stage_times import StageTimes


def left_behind(times: StageTimes, at: float) -> bool:
    """Whether an entry of the machine that was lost stood at that moment (monotonic seconds):
    customers, or load balancers, were sent to where nothing is."""
    r = times.recovery
    if not r.kind.moves:
        return False
    last = {event.path: event for event in times.entries if event.monotonic <= at}
    return any(e.host == r.machine and isinstance(e, EntryAnnounced) for e in last.values())


def early_entry(times: StageTimes) -> float | None:
    """When the entry was made (monotonic seconds) that stands for the instance, if no container of
    it ran then; else None."""
    runs = times.runs_since
    mine = [event for event in times.entries if event.host == times.home]
    last = mine[-1] if mine else None
    if runs is None or not isinstance(last, EntryAnnounced):
        return None
    return last.monotonic if times.recovery.since < last.monotonic < runs else None
