"""When each stage of a recovery was reached. Pure functions over its history.

A stage is a state: it counts from the moment since which it has held up to the end of the history,
and from 0 when it held at the fault already. What is seen for a moment only was not reached.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_cna.core.events.configuration import (
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
    ConfigurationUnread,
)
from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerEvent,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.instance import Instance
from pytest_cna.core.model import server_name
from pytest_cna.core.stages import (
    ANNOUNCED,
    DROPPED,
    ENDED,
    JOINED,
    NAMED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
)
from pytest_cna.judgement.places import first_places
from pytest_cna.judgement.routing_state import RoutingState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_cna.core.events.event import Event
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.history import History
    from pytest_cna.judgement.recovery import Recovery

INACTIVE = frozenset({"inactive", "failed", "deactivating"})


@dataclass(frozen=True, slots=True)
class Reached:
    """Monotonic seconds."""

    at: float | None
    """Since when the stage has held; None when it does not hold."""
    lost: float | None = None
    """When it last ceased to hold, which counts where it does not hold; None when it never did."""


NEVER = Reached(None)


class StageTimes:
    """The times of all stages of one recovery, each found once."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.recovery = history.recovery
        self._known: dict[Stage, Reached] = {}

    def after_requests(self, history: History) -> StageTimes:
        """The times by a history that has other requests, and is the same else."""
        made = StageTimes(history)
        made._known = {s: at for s, at in self._known.items() if s.seen != "customers"}
        return made

    def of(self, stage: Stage) -> Reached:
        """Raises KeyError for a stage without a function in REACHED."""
        if stage not in self._known:
            self._known[stage] = REACHED[stage](self)
        return self._known[stage]

    def after(self, stage: Stage) -> float | None:
        """Seconds after the fault; None when it was not reached."""
        at = self.of(stage).at
        return None if at is None else max(0.0, at - self.recovery.since)

    def holding(self, states: Iterable[tuple[float, bool]]) -> Reached:
        """Since when a state holds, of which each pair says whether it does from then on (monotonic
        seconds, in order). Before the first it does not."""
        since = self.recovery.since
        at, lost = None, None
        for when, holds in states:
            if holds and at is None:
                at = max(when, since)
            elif not holds and at is not None:
                at, lost = None, (when if when > since else None)
        return Reached(at, lost)

    @property
    def runs_since(self) -> float | None:
        """Since when its container runs: since the fault where that did not end it."""
        if RUNNING not in _as_in_table(self.recovery).stages:
            return self.recovery.since
        return self.of(RUNNING).at

    @cached_property
    def home(self) -> str:
        """The machine that its container was started on last."""
        unit = self.recovery.unit
        if unit is None:
            return self.recovery.machine
        return self.recovery.home(self.history.events(unit.up_with, unit.container))

    @cached_property
    def entries(self) -> list[EntryEvent]:
        """What happened to its discovery entries, on whichever machine, since the cluster began."""
        unit = self.recovery.unit
        return self.history.entries(unit) if unit else []


def _as_in_table(recovery: Recovery) -> FaultKind:
    """The kind whose stages have the same causes: a kind of one's own may leave out some."""
    return recovery.kind.like or recovery.kind


def _noticed(times: StageTimes) -> Reached:
    r, history = times.recovery, times.history
    if r.kind.hits == "machine":
        gone = history.events(MachineGone, r.machine)
        return Reached(gone[0].monotonic) if gone else NEVER  # it may be back since
    assert r.unit is not None
    if r.kind.hits == "container":
        deaths = history.events(ContainerDied, r.unit.container)
        mine = [death.monotonic for death in deaths if death.machine == r.machine]
        return Reached(mine[0]) if mine else NEVER
    # no unit is active on a machine that has lost power, and nothing on it can report that
    lost = ((event.monotonic, True) for event in history.all_events(MachineLost, r.machine))
    states = history.all_events(UnitStateChanged, r.unit.name)
    said = ((e.monotonic, e.active in INACTIVE) for e in states if e.machine == r.machine)
    changes = sorted([*lost, *said])
    return times.holding(changes) if changes or not _came(times) else Reached(r.since)


def _came(times: StageTimes) -> bool:
    """Whether its unit came to the machine where it was hit while it was observed, so that what
    began there would have been seen."""
    r = times.recovery
    first = first_places(times.history.all_events(UnitScheduled, r.name))
    return first.get(r.name, r.machine) != r.machine


def _ended(times: StageTimes) -> Reached:
    """By Docker's word: a unit that was stopped may leave its container behind."""
    r, history = times.recovery, times.history
    assert r.unit is not None
    every = history.all_events((ContainerStarted, ContainerDied), r.unit.container)
    events = [event for event in every if event.machine == r.machine]
    # a container ends with its machine's power, which no Docker is left to report
    lost = history.all_events(MachineLost, r.machine)
    if not events and not lost:  # it was not started there, or before anything was observed
        states = history.all_events(UnitStateChanged, r.unit.name)
        active = any(e.machine == r.machine and e.active == "active" for e in states)
        return NEVER if active and not _came(times) else Reached(r.since)
    changes = sorted([*events, *lost], key=lambda each: (each.monotonic, each.number))
    return times.holding((e.monotonic, not isinstance(e, ContainerStarted)) for e in changes)


def _scheduled(times: StageTimes) -> Reached:
    r = times.recovery
    assert r.unit is not None
    placed = times.history.events(UnitScheduled, r.unit.name)
    return times.holding((e.monotonic, e.machine not in {"", r.machine}) for e in placed)


def _running(times: StageTimes) -> Reached:
    """On the same machine, unless the unit had to move; a container that was killed has to have
    ended first."""
    r, history = times.recovery, times.history
    assert r.unit is not None
    killed = r.kind.hits == "container" and NOTICED in _as_in_table(r).stages
    begun = times.of(NOTICED).at if killed else r.since
    if begun is None:
        return NEVER
    up: dict[type[Event], bool] = {r.unit.up_with: True, ContainerDied: False}
    if r.unit.up_with is ContainerCreated:
        up[ContainerDestroyed] = False
    events: list[ContainerEvent] = [
        event
        for event in history.all_events(ContainerEvent, r.unit.container)
        if type(event) in up
        and (r.kind.hits == "unit" or (event.machine != r.machine) is r.kind.moves)
        and (event.monotonic >= begun or not (killed or r.kind.moves))
    ]
    on: set[str] = set()

    def states() -> Iterator[tuple[float, bool]]:
        # a container ends with its machine's power, which no Docker is left to report
        changes: list[ContainerEvent | MachineLost] = [*events, *history.all_events(MachineLost)]
        for event in sorted(changes, key=lambda each: (each.monotonic, each.number)):
            if up.get(type(event)):
                on.add(event.machine)
            else:
                on.discard(event.machine)
            yield event.monotonic, bool(on)

    return times.holding(states())


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


def _joined(times: StageTimes) -> Reached:
    """By a new registration. fleet lists a machine that returns only when the registration that it
    had before the loss has expired: as long as that stands, its place in the list says nothing."""
    changes = times.history.events((MachineGone, MachineJoined), times.recovery.machine)
    return times.holding((e.monotonic, isinstance(e, MachineJoined)) for e in changes)


REACHED: dict[Stage, Callable[[StageTimes], Reached]] = {
    NOTICED: _noticed,
    ENDED: _ended,
    SCHEDULED: _scheduled,
    RUNNING: _running,
    ANNOUNCED: _announced,
    ROUTED: _routed,
    SERVING: _serving,
    WITHDRAWN: _withdrawn,
    UNROUTED: _unrouted,
    DROPPED: _in_configuration(ConfigurationDropped),
    NAMED: _in_configuration(ConfigurationNamed),
    JOINED: _joined,
}
"""Stage → the function that finds it."""
