"""Recovery: what happened after a fault, stage by stage. Pure functions over what was recorded.

Stages, as far as a fault has them: *noticed* by systemd or fleet, *scheduled* on a machine,
container *running*, entry *announced*, server *routed*, *serving* a customer; for a stop, entry
*withdrawn*, server *unrouted* or endpoint *dropped* from the application's configuration (*named*
there again after the start); for a machine that returns, *joined*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.events.configuration import ConfigurationDropped, ConfigurationNamed
from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import FaultHealing, FaultInjecting
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.routing import ServerEvent, ServerRemoved
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.model import is_up, server_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.bounds import Bound

E = TypeVar("E", bound=Event)

ENDED = frozenset({"inactive", "failed", "deactivating"})


@dataclass(frozen=True, slots=True)
class Recovery:
    """One fault, or the undoing of one, and what has to follow. ``since`` is monotonic seconds."""

    kind: FaultKind
    subject: str
    """What was hit: a unit, a container, a machine."""
    unit: DeployedUnit
    """The main unit whose way back is followed."""
    machine: str
    """Where it was when it was hit."""
    since: float
    bounds: Mapping[str, Bound]
    history: float = 0.0
    """Since when the timeline tells of this cluster (monotonic seconds)."""

    @property
    def bound(self) -> Bound:
        """Of the last stage."""
        return max(self.bounds.values(), key=lambda bound: bound.seconds)


def stages(
    recovery: Recovery, timeline: Timeline, records: Sequence[RequestRecord]
) -> dict[str, float | None]:
    """Each stage of ``recovery`` with the seconds after the fault at which it was reached for
    good, None while it is not. What came after the next fault, or the next undoing of one, began
    does not count: it may have changed the same instance."""
    events, until = _before_next_change(recovery, timeline)
    found = _Found(recovery, events, [r for r in records if r.end < until])
    reached = {stage: getattr(found, stage)() for stage in recovery.bounds}
    return {
        stage: None if at is None else max(0.0, at - recovery.since)
        for stage, at in reached.items()
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """Each method: when its stage was reached (monotonic seconds), or None."""

    recovery: Recovery
    events: Sequence[Event]
    """In time order."""
    records: Sequence[RequestRecord]

    def noticed(self) -> float | None:
        r = self.recovery
        if r.kind.hits == "container":
            return _first(self._events(ContainerDied, r.unit.container))
        if r.kind.hits == "machine":
            return _first(self._events(MachineGone, r.machine))
        states = self._events(UnitStateChanged, r.unit.name)
        return _first([event for event in states if event.active in ENDED])

    def scheduled(self) -> float | None:
        placed = self._events(UnitScheduled, self.recovery.unit.name)
        return _first([e for e in placed if e.machine not in {"", self.recovery.machine}])

    def running(self) -> float | None:
        r = self.recovery
        starts = self._events(r.unit.up_with, r.unit.container)
        if r.kind.moves:
            starts = [event for event in starts if event.machine != r.machine]
        return starts[-1].monotonic if starts else None

    def _up(self) -> float | None:
        """Since when the container runs: from the start for a fault that does not end it."""
        return self.running() if "running" in self.recovery.bounds else self.recovery.since

    def announced(self) -> float | None:
        running = self._up()
        entry = self._entry()
        if running is None or entry is None:
            return None
        return max(running, entry.monotonic)

    def routed(self) -> float | None:
        announced, entry = self.announced(), self._entry()
        if announced is None or entry is None:
            return None
        up = self._last_status(entry)
        return max(announced, up.monotonic) if up is not None and _is_up(up) else None

    def serving(self) -> float | None:
        r = self.recovery
        running = self._up()
        if running is None:
            return None
        good = [record for record in self.records if not record.failed]
        if r.unit.service.backend:
            starts = self._events(ContainerStarted, r.unit.container)
            placed = starts[-1].machine if starts else r.machine
            me = f"{r.unit.name.removesuffix('.service')} {placed}"
            return min(
                (g.end for g in good if g.served_by == me and g.start >= running), default=None
            )
        # others serve customers through the routed service: back when no request fails any more
        failed = [
            record.start for record in self.records if record.failed and record.start >= r.since
        ]
        back = max([running, *failed])
        return min((g.end for g in good if g.start >= back), default=None)

    def withdrawn(self) -> float | None:
        gone = [e for e in self._events(EntryWithdrawn) if self._is_ours(e)]
        return gone[-1].monotonic if gone and self._entry() is None else None

    def unrouted(self) -> float | None:
        gone = [e for e in self._events(EntryWithdrawn) if self._is_ours(e)]
        if self.withdrawn() is None:
            return None
        last = self._last_status(gone[-1])
        return last.monotonic if last is not None and not _is_up(last) else None

    def dropped(self) -> float | None:
        """The application's configuration stopped naming the instance everywhere."""
        return _first(self._events(ConfigurationDropped, self.recovery.unit.name))

    def named(self) -> float | None:
        return _first(self._events(ConfigurationNamed, self.recovery.unit.name))

    def joined(self) -> float | None:
        return _first(self._events(MachineJoined, self.recovery.machine))

    def _events(self, kind: type[E], subject: str | None = None) -> list[E]:
        return self._since(self.recovery.since, kind, subject)

    def _since(self, since: float, kind: type[E], subject: str | None = None) -> list[E]:
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and event.monotonic >= since
            and subject in {None, event.subject}
        ]

    def _is_ours(self, event: EntryEvent) -> bool:
        unit = self.recovery.unit
        return (event.service, str(event.port)) == (unit.service.name, unit.instance)

    def _entry(self) -> EntryAnnounced | None:
        """The entry that stands; after the unit had to move, one of another machine."""
        standing: dict[str, EntryAnnounced] = {}
        for event in self._since(self.recovery.history, EntryEvent):
            if isinstance(event, EntryAnnounced) and self._is_ours(event):
                standing[event.path] = event
            elif isinstance(event, EntryWithdrawn):
                standing.pop(event.path, None)
        if self.recovery.kind.moves:
            fresh = [e for e in standing.values() if e.host != self.recovery.machine]
        else:
            fresh = list(standing.values())
        return max(fresh, key=lambda event: event.monotonic, default=None)

    def _last_status(self, entry: EntryEvent) -> ServerEvent | None:
        """Since when an entry's server is up, or not up, as it is now."""
        name = server_name(entry.service, entry.ip, entry.port)
        last: ServerEvent | None = None
        for event in self._since(self.recovery.history, ServerEvent, name):
            if last is None or _is_up(event) != _is_up(last):
                last = event
        return last


def _before_next_change(recovery: Recovery, timeline: Timeline) -> tuple[list[Event], float]:
    """The events before the next fault, or the next undoing of one, began, and when that was
    (monotonic seconds; infinite without one). Of one instant, what was recorded first came first.
    """
    events = timeline.events(Event)
    for number, event in enumerate(events):
        if isinstance(event, (FaultInjecting, FaultHealing)) and event.monotonic > recovery.since:
            return events[:number], event.monotonic
    return events, math.inf


def _is_up(event: ServerEvent) -> bool:
    return not isinstance(event, ServerRemoved) and is_up(event.status)


def _first(events: Sequence[Event]) -> float | None:
    return events[0].monotonic if events else None


def recovered_after(reached: Mapping[str, float | None]) -> float | None:
    """Seconds until the last stage, None while one is missing."""
    known = [after for after in reached.values() if after is not None]
    return max(known) if len(known) == len(reached) else None
