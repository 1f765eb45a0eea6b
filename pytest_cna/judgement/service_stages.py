"""When an instance was announced, routed and serving, or no longer was. Pure functions."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from pytest_cna.core.events.configuration import (
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
    ConfigurationUnread,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent
from pytest_cna.core.instance import Instance
from pytest_cna.core.model import server_name
from pytest_cna.core.stages import (
    ANNOUNCED,
    DROPPED,
    NAMED,
    ROUTED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
)
from pytest_cna.judgement.routing_state import RoutingState
from pytest_cna.judgement.stage_times import NEVER, Reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_cna.judgement.stage_times import Finders, StageTimes


def _announced(times: StageTimes) -> Reached:
    """By an entry of the machine that it runs on. One that was made while no container ran is none:
    nothing can have answered then."""
    r = times.recovery
    runs = times.runs_since
    if runs is None:
        return NEVER
    standing: set[str] = set()
    at, lost = None, None
    for event in times.entries:
        if event.host != times.home:
            continue
        if isinstance(event, EntryAnnounced):
            if event.monotonic >= runs or event.monotonic <= r.since:
                standing.add(event.path)
        else:
            standing.discard(event.path)
        if standing and at is None:
            at = max(runs, event.monotonic)
        elif not standing and at is not None:
            lost = event.monotonic if event.monotonic > at else lost
            at = None
    return Reached(at, lost)


def _entry_of(times: StageTimes) -> EntryEvent | None:
    """The last entry of the machine that it runs on."""
    entries = [event for event in times.entries if event.host == times.home]
    return entries[-1] if entries else None


def _routed(times: StageTimes) -> Reached:
    announced, entry = times.of(ANNOUNCED), _entry_of(times)
    if announced.at is None or entry is None:
        return NEVER
    state = RoutingState(times.history, {server_name(entry.service, entry.ip, entry.port)})
    found = times.holding(state.routed())
    if found.at is None:
        return found
    return Reached(max(announced.at, found.at), found.lost)


def _unrouted(times: StageTimes) -> Reached:
    r = times.recovery
    if r.unit is None:
        return NEVER
    names = {server_name(e.service, e.ip, e.port) for e in times.entries}
    return times.holding(RoutingState(times.history, names).unrouted())


def _withdrawn(times: StageTimes) -> Reached:
    r = times.recovery
    if r.unit is None:
        return NEVER
    standing: set[str] = set()

    def states() -> Iterator[tuple[float, bool]]:
        yield r.history, True
        for event in times.entries:
            if isinstance(event, EntryAnnounced):
                standing.add(event.path)
            else:
                standing.discard(event.path)
            yield event.monotonic, not standing

    return times.holding(states())


def _serving(times: StageTimes) -> Reached:
    """Since the first good answer after which no request of it failed. A routed instance answers
    itself; any other serves customers through the routed ones, so that any instance of it will
    do. A request that nothing answered may have been any instance's."""
    r = times.recovery
    if r.unit is None:
        return NEVER
    me = Instance(r.unit.name, times.home).served_by if r.unit.service.backend else ""
    runs = times.runs_since if me else r.since
    if runs is None:
        return NEVER
    every = times.history.records
    records = every[bisect_left(every, r.since, key=lambda record: record.end) :]
    failed = [record.start for record in records if record.error]
    if me:
        mine = {"", me}
        failed = [r.start for r in records if r.error and r.served_by in mine]
        records = [record for record in records if record.served_by == me]
    back = max([runs, *failed])
    good = [record for record in records if record.start >= runs and not record.error]
    at = next((record.end for record in good if record.start >= back), None)
    if at is not None:
        return Reached(at)
    changes = [(start, False) for start in failed] + [(record.end, True) for record in good]
    return Reached(None, times.holding(sorted(changes)).lost)


def _in_configuration(wanted: type[ConfigurationEvent]) -> Callable[[StageTimes], Reached]:
    def reached(times: StageTimes) -> Reached:
        events = times.history.all_events(ConfigurationEvent, times.recovery.name)
        return times.holding(
            (event.monotonic, isinstance(event, wanted))
            for event in events
            if not isinstance(event, ConfigurationUnread)
        )

    return reached


SERVICE_STAGES: Finders = {
    ANNOUNCED: _announced,
    ROUTED: _routed,
    SERVING: _serving,
    WITHDRAWN: _withdrawn,
    UNROUTED: _unrouted,
    DROPPED: _in_configuration(ConfigurationDropped),
    NAMED: _in_configuration(ConfigurationNamed),
}
