"""What the faults of a scenario hit, and what of it they keep away. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerCreated, ContainerStarted
from pytest_cna.core.events.fault import FaultHealing, FaultInjecting, FaultUndoneByGuard
from pytest_cna.core.fault_kinds import fault_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cna.core.events.fault import FaultEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment

TAKES_ALONG = ("BindsTo", "Requires", "Requisite", "PartOf")
"""Options of a unit by which the end of another ends it too."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Everything that the faults since a moment hit, directly or by dependence."""

    units: frozenset[str]
    machines: frozenset[str]

    @property
    def nothing(self) -> bool:
        return not self.units and not self.machines


def hits(deployment: Deployment, timeline: Timeline, since: float) -> Hits:
    """What was hit by faults, and by their undoing, since ``since`` (monotonic seconds)."""
    changes: list[FaultEvent] = timeline.events((FaultInjecting, FaultHealing), since=since)
    names = frozenset().union(*(unit.names for unit in deployment.units))
    targets = {target for change in changes for target in change.targets}
    direct = {unit.name for unit in deployment.units if targets & unit.names}
    on_machines = {
        unit.name
        for unit in deployment.units
        for change in changes
        if _homes(timeline, unit, change.monotonic, _end(change, changes))
        & _machines(change, names)
    }
    every = frozenset[str]().union(*(_machines(change, names) for change in changes))
    return Hits(frozenset(_with_dependants(deployment, direct | on_machines)), every)


def _machines(change: FaultEvent, names: Collection[str]) -> set[str]:
    """What of its targets is no unit or container (``names``). A fault of one's own may have a
    name: it hits the machine where it is."""
    here = set() if change.target in names else {change.machine}
    return {*change.targets, *here} - {*names, ""}


def _end(change: FaultEvent, changes: Sequence[FaultEvent]) -> float:
    """When a fault was undone (monotonic seconds); of an undoing, its own time."""
    undone = (
        other.monotonic
        for other in changes
        if other.target == change.target
        and isinstance(other, FaultHealing)
        and other.monotonic >= change.monotonic
    )
    return next(undone, math.inf)


def kept_away(
    deployment: Deployment,
    timeline: Timeline,
    since: float,
    own: Collection[FaultKind] = (),
) -> frozenset[str]:
    """Names of the units that faults since ``since`` (monotonic seconds) keep out of service now:
    stopped or paused, and neither undone nor ended by another fault. ``own``: kinds of faults that
    are not in the table."""
    kinds = {kind.name: kind for kind in own}
    units = {name: unit for unit in deployment.units for name in unit.names}
    stopped: set[str] = set()
    paused: dict[str, str] = {}  # unit → the machine where its container is paused
    changes: list[FaultEvent] = timeline.events(
        (FaultInjecting, FaultHealing, FaultUndoneByGuard), since=since
    )
    for change in changes:
        unit = units.get(change.target)
        if unit is None:  # a machine: a container that was paused there runs on another one
            paused = {name: at for name, at in paused.items() if at != change.target}
            continue
        paused.pop(unit.name, None)  # no container is paused after a kill, a stop or a start
        if not (kinds.get(change.fault) or fault_kind(change.fault)).gone:
            continue
        if not isinstance(change, FaultInjecting):
            stopped -= {change.target}
        elif change.target == unit.name:
            stopped.add(unit.name)
        else:
            paused[unit.name] = change.machine
    return frozenset(stopped | paused.keys())


def _homes(timeline: Timeline, unit: DeployedUnit, since: float, until: float) -> set[str]:
    """The machines that its container was on in that time."""
    if not unit.container:
        return set()
    starts = timeline.events((ContainerStarted, ContainerCreated), unit.container)
    before = [event.machine for event in starts if event.monotonic < since]
    return {*before[-1:], *(event.machine for event in starts if since <= event.monotonic < until)}


def _with_dependants(deployment: Deployment, names: set[str]) -> set[str]:
    """Also the units that systemd ends with them, and the main units of sidekicks that were hit."""
    found = set(names)
    while True:
        more = {
            unit.name
            for unit in deployment.units
            if unit.name not in found and _depends(unit) & found
        }
        for unit in deployment.mains:
            sidekick = deployment.sidekick_of(unit)
            if sidekick is not None and sidekick.name in found:
                more |= {unit.name} - found
        if not more:
            return found
        found |= more


def _depends(unit: DeployedUnit) -> set[str]:
    return {
        name
        for option in TAKES_ALONG
        for value in unit.file.values("Unit", option, unit.name)
        for name in value.split()
    }
