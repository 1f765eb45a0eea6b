"""When an instance ended, was placed and ran, and when its machine joined. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerEvent,
    ContainerStarted,
)
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.stages import ENDED, JOINED, NOTICED, RUNNING, SCHEDULED
from pytest_cna.judgement.places import first_places
from pytest_cna.judgement.stage_times import NEVER, Reached, as_in_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.core.events.event import Event
    from pytest_cna.judgement.stage_times import Finders, StageTimes

INACTIVE = frozenset({"inactive", "failed", "deactivating"})


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
    killed = r.kind.hits == "container" and NOTICED in as_in_table(r).stages
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


def _joined(times: StageTimes) -> Reached:
    """By a new registration. fleet lists a machine that returns only when the registration that it
    had before the loss has expired: as long as that stands, its place in the list says nothing."""
    changes = times.history.events((MachineGone, MachineJoined), times.recovery.machine)
    return times.holding((e.monotonic, isinstance(e, MachineJoined)) for e in changes)


INSTANCE_STAGES: Finders = {
    NOTICED: _noticed,
    ENDED: _ended,
    SCHEDULED: _scheduled,
    RUNNING: _running,
    JOINED: _joined,
}
