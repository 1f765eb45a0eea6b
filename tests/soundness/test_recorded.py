"""Recorded real runs: judged again with their events disturbed as observers may disturb them, and
the simulation's stage times held against theirs."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

import pytest
from recorded_runs import Run, names, run
from small_deployments import deployment
from staging import staged, world_of

from pytest_cna.core.events.container import ContainerEvent
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    MACHINE_LOSS,
    SERVICE_STOP,
    FaultKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_cna.core.events.event import Event
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.testing import FakeWorld

LAG = 0.25
"""Seconds by which an observer that polls may be late."""
POLLED = {"unit", "fleet", "routing"}
DRAWS = 10
PUBLISHED = 1.1
"""Seconds until real fleets publish a state of a unit; simulated ones do so at once."""
NEAR = 0.6
"""Seconds by which the simulation may differ from what was recorded."""


def _late(recorded: Run, chance: random.Random) -> list[Event]:
    return [
        replace(event, monotonic=event.monotonic + chance.uniform(0, LAG))
        if event.source in POLLED
        else event
        for event in recorded.events
    ]


def _twice(recorded: Run, chance: random.Random) -> list[Event]:
    again = chance.choice(recorded.events)
    return [each for event in recorded.events for each in [event] * (1 + (event is again))]


def _clock_off(recorded: Run, chance: random.Random) -> list[Event]:
    return [
        replace(event, monotonic=event.monotonic - recorded.uncertainty)
        if isinstance(event, ContainerEvent)
        else event
        for event in recorded.events
    ]


@pytest.mark.parametrize("disturbed", [_late, _twice, _clock_off])
@pytest.mark.parametrize("name", names())
def test_what_observers_may_do_moves_no_stage_by_more(
    name: str, disturbed: Callable[[Run, random.Random], Sequence[Event]]
) -> None:
    recorded, chance = run(name), random.Random(1)
    most = LAG + recorded.uncertainty + 1e-6
    for recovery in recorded.recoveries():
        before = recorded.times(recovery)
        for _ in range(DRAWS):
            after = recorded.times(recovery, disturbed(recorded, chance))
            assert before.keys() == after.keys(), recovery
            for stage, at in before.items():
                # whether an answer counts depends on when its container ran
                assert stage == "serving" or abs(after[stage] - at) <= most, (recovery, stage)


def test_enough_recoveries_are_recorded() -> None:
    assert sum(1 for name in names() for _ in run(name).recoveries()) >= 29


# the simulation with the delays of the machines that the runs were recorded on


def _as_recorded(world: FakeWorld) -> None:
    world.delays.command = 0.2
    world.delays.end = 0.25
    world.delays.start = 0.65
    world.delays.answer = 0.1
    world.delays.agent = 0.9
    world.delays.stop = 0.9
    world.delays.render = 0.3


@cache
def real() -> Mapping[tuple[str, str], float]:
    """Kind and stage → the median of what the run without a defect took."""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for recovery in run("green").recoveries():
        for stage, after in run("green").times(recovery).items():
            found[recovery.kind.name, stage].append(after)
    return {key: median(times) for key, times in found.items()}


def _simulated(kind: FaultKind, called: str) -> list[tuple[Recovery, str, float | None]]:
    with staged(deployment("zurmo")) as scene:
        _as_recorded(world_of(scene))
        scene.inject(kind, called)
        scene.conclude()
        return [
            (recovery, verdict.stage.name, verdict.after)
            for recovery in scene.recoveries.all[:1]
            for verdict in scene.recoveries.judge(recovery)
        ]


@pytest.mark.parametrize(
    ("kind", "called", "near"),
    [
        (CONTAINER_KILL, "web server", NEAR),
        (CONTAINER_KILL, "cache", NEAR),
        (SERVICE_STOP, "web server", NEAR),
        (SERVICE_STOP, "cache", NEAR),
        # a real machine is heard of twice in agent_ttl, a simulated one at each pass of the engine
        (MACHINE_LOSS, "cache", 5.0),
    ],
    ids=str,
)
def test_the_simulation_takes_as_long_as_real_machines(
    kind: FaultKind, called: str, near: float
) -> None:
    compared = 0
    for recovery, stage, after in _simulated(kind, called):
        recorded = real().get((kind.name, stage))
        if recorded is not None and stage != "serving":
            allowed = max(near, PUBLISHED + LAG if stage == "noticed" else 0.0)
            assert after == pytest.approx(recorded, abs=allowed), (recovery.kind.name, stage)
            compared += 1
    assert compared >= 3
