"""Recoveries written by hand from gaps between their events, and what the pure judgement says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import HealthCheck, Phase, settings
from story import ADDRESSES, FAULT, WEB, Story, recovery

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fleet import MachineGone
from pytest_cna.core.events.routing import ServerAdded, ServerRemoved
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_STOP,
)
from pytest_cna.core.stages import SERVING
from pytest_cna.core.timeline import Timeline
from pytest_cna.judgement import reached
from pytest_cna.judgement.history import History
from pytest_cna.judgement.verdicts import judge_stage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.stage_times import StageTimes

    Row: TypeAlias = tuple[float, Event]
    """Seconds after the fault, and what was recorded."""

LAW = settings(
    max_examples=60,
    database=None,
    deadline=None,
    derandomize=True,
    print_blob=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
KINDS = (CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP, CONTAINER_PAUSE)
GAPS = 5
LATER = 1000.0
"""Seconds after the fault at which everything is judged."""


@dataclass(frozen=True)
class Judged:
    """Each stage's time and outcome."""

    after: dict[Stage, float | None]
    outcomes: dict[Stage, str]


def rows(kind: FaultKind, gaps: Sequence[float]) -> list[Row]:
    """What a fault of ``kind`` made of the web server on core-1, each of GAPS gaps after the one
    before; what was before the fault comes first."""
    story = Story()
    at = [sum(gaps[: number + 1]) for number in range(GAPS)]
    there = "core-2" if kind.moves else "core-1"
    if kind is CONTAINER_KILL:
        story.container(at[0], ContainerDied)
    if kind.moves:
        story.at(at[0], MachineGone("core-1", ADDRESSES["core-1"], "id"))
        story.at(at[1], UnitScheduled(WEB.name, there))
    else:
        story.entry(at[0] + 0.05, EntryWithdrawn)
        story.server(at[1] + 0.02, ServerRemoved)
    if kind is SERVICE_STOP:
        story.state(at[2], "inactive")
    if not kind.gone:
        story.container(at[2], ContainerStarted, there)
        story.entry(at[3], EntryAnnounced, there)
        story.server(at[4], ServerAdded, there)
    return [(event.monotonic - FAULT, event) for event in story.timeline.events(Event)]


def stage_times(kind: FaultKind, recorded: Sequence[Row], shift: float = 0.0) -> StageTimes:
    """By a timeline with these rows, all of it ``shift`` seconds later."""
    timeline = Timeline()
    for at, event in recorded:
        timeline.record(event, at=FAULT + shift + at)
    return reached.stage_times(History(recovery(kind, at=shift), timeline))


def judged(kind: FaultKind, recorded: Sequence[Row], shift: float = 0.0) -> Judged:
    times = stage_times(kind, recorded, shift)
    stages = [stage for stage in times.recovery.bounds if stage is not SERVING]  # no customers
    now = FAULT + shift + LATER
    return Judged(
        {stage: times.after(stage) for stage in stages},
        {stage: judge_stage(times, stage, now).outcome for stage in stages},
    )


def same(one: Judged, other: Judged) -> None:
    """Raises AssertionError."""
    assert one.outcomes == other.outcomes, (one, other)
    for stage, after in one.after.items():
        there = other.after[stage]
        assert (after is None) == (there is None), (stage, one, other)
        assert after is None or there is None or abs(after - there) < 1e-6, (stage, one, other)


def no_better(before: Judged, after: Judged, but: Collection[Stage] = ()) -> None:
    """Raises AssertionError when a stage that failed, and is not of ``but``, is passed now."""
    for stage in before.outcomes.keys() - set(but):
        outcomes = before.outcomes[stage], after.outcomes[stage]
        assert outcomes != ("failed", "passed"), (stage, before, after)
