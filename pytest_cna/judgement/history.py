"""The history of one recovery: what was recorded from the fault until the same instance was hit
again. Pure functions over the timeline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.events.container import ContainerEvent
from pytest_cna.core.events.discovery import EntryEvent
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealing,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.core.events.unit import UnitScheduled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.recovery import Recovery

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class History:
    """What was recorded of one recovery, and of the cluster before it."""

    recovery: Recovery
    timeline: Timeline
    requests: Sequence[RequestRecord] = ()
    """What customers got, in the order in which their requests ended."""
    scenario_end: float = math.inf
    """When the scenario ended (monotonic seconds); infinite while it runs."""

    @cached_property
    def end(self) -> FaultEvent | None:
        """The next fault, or undoing of one, that hits the same instance; None without one."""
        begun = (self.recovery.since, self.recovery.number)
        kinds = (FaultInjecting, FaultHealing, FaultUndoneByGuard)
        changes = self.timeline.events(kinds, since=self.recovery.since)
        later = (change for change in changes if (change.monotonic, change.number) > begun)
        return next((change for change in later if self._hits(change)), None)

    @property
    def until(self) -> float:
        """When the recovery is no longer followed (monotonic seconds)."""
        return min(self.scenario_end, self.end.monotonic if self.end else math.inf)

    def _hits(self, change: FaultEvent) -> bool:
        if change.target in self.recovery.parts:
            # containers of one name may be on several machines; a unit is the cluster's
            return change.target != self._container or change.machine in {"", *self._homes}
        return self._home_at(change) in change.targets

    @property
    def _container(self) -> str:
        return self.recovery.unit.container if self.recovery.unit else ""

    @property
    def _homes(self) -> set[str]:
        """The machines that its container was on since, or was to be on."""
        r = self.recovery
        starts = self.timeline.events(ContainerEvent, self._container, since=r.since)
        placed = self.timeline.events(UnitScheduled, r.name, since=r.since)
        return {r.machine, *(e.machine for e in starts), *(e.machine for e in placed)}

    def _home_at(self, change: Event) -> str:
        """The machine it was on when that happened."""
        unit = self.recovery.unit
        if unit is None or not unit.container:
            return self.recovery.machine
        starts = self.timeline.events(unit.up_with, unit.container, since=self.recovery.since)
        return self.recovery.home([event for event in starts if event.number < change.number])

    def events(self, kinds: type[E] | tuple[type[E], ...], subject: str | None = None) -> list[E]:
        """Those since the fault, up to the end."""
        return self._to_end(self.timeline.events(kinds, subject, since=self.recovery.since))

    def all_events(
        self, kinds: type[E] | tuple[type[E], ...], subject: str | None = None
    ) -> list[E]:
        """Those since the cluster began, up to the end."""
        return self._to_end(self.timeline.events(kinds, subject, since=self.recovery.history))

    def _to_end(self, events: list[E]) -> list[E]:
        """Of the end's own instant, what was recorded first came first."""
        end = self.end
        if end is None:
            return [event for event in events if event.monotonic <= self.scenario_end]
        return [
            event
            for event in events
            if event.monotonic <= self.scenario_end
            and (event.monotonic, event.number) < (end.monotonic, end.number)
        ]

    def entries(self, unit: DeployedUnit) -> list[EntryEvent]:
        """What happened to discovery entries of that unit's instances, since the cluster began."""
        return [
            event
            for event in self.all_events(EntryEvent)
            if unit.announces(event.service, event.port)
        ]

    @cached_property
    def records(self) -> list[RequestRecord]:
        """Requests that ended before the recovery's end."""
        if self.until == math.inf:
            return list(self.requests)
        return [record for record in self.requests if record.end < self.until]
