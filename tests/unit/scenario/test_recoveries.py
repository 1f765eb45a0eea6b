"""Recoveries: bound by how the set was before the first fault, followed, awaited and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.verdict import StageJudged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    MACHINE_LOSS,
)
from pytest_cna.core.links import SUPERVISOR
from pytest_cna.core.stages import (
    ANNOUNCED,
    JOINED,
    RUNNING,
    SCHEDULED,
    SERVING,
)
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.scenario.awaiting import await_stage

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld


def test_what_is_open_is_not_over_yet(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    (killed,) = scene.recoveries.all
    assert scene.recoveries.open == [killed]
    assert scene.recoveries.over == killed.deadline
    world.clock.advance(killed.bound + 2.0)
    assert scene.recoveries.open == []


def test_a_recovery_that_reached_all_is_not_open(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    assert scene.recoveries.open == scene.recoveries.all
    scene.await_stage(ANNOUNCED)
    world.clock.advance(1.5)  # what happened then is surely on the timeline
    assert clock.monotonic() < scene.recoveries.over
    assert scene.recoveries.open == []


def test_customers_who_suffer_from_a_later_fault_say_nothing_of_this_one(
    scene: Scene, world: FakeWorld
) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "cache")
    killed = scene.recoveries.last
    scene.await_stage(SERVING)
    world.clock.advance(killed.deadline + 1.0 - clock.monotonic())
    scene.inject(CONTAINER_KILL, "load balancer")
    scene.await_stage(SERVING)
    # those that were in flight when it was killed, too
    later = scene.recoveries.last.since
    assert any(record.failed and record.start < later for record in scene.records())
    assert [v.outcome for v in scene.recoveries.judge(killed)] == ["passed"] * 4


def test_customers_who_suffer_from_an_overlapping_fault_are_its_customers_too(
    scene: Scene, world: FakeWorld
) -> None:
    """The load balancer is killed while customers still wait for the cache."""
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "cache")
    killed = scene.recoveries.last
    alone = scene.recoveries.deadline(killed)
    world.clock.advance(killed.bound / 2)
    scene.inject(CONTAINER_KILL, "load balancer")
    assert scene.recoveries.deadline(killed) > alone
    scene.await_stage(SERVING)
    assert await_stage(scene.recoveries, killed, SERVING).passed


def test_nobody_sees_what_nothing_observes(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(CnaError, match=r"nobody sees whether .* is serving: no customers are at"):
        scene.await_stage(SERVING)
    assert SERVING not in {
        verdict.stage for verdict in scene.recoveries.judge(scene.recoveries.last)
    }


def test_a_verdict_is_on_the_timeline_when_a_step_asks(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    verdict = scene.await_stage(RUNNING)
    (event,) = scene.running.timeline.events(StageJudged)
    recovery = scene.recoveries.last
    assert (event.unit, event.machine, event.fault) == (
        recovery.name,
        recovery.machine,
        "container kill",
    )
    assert (event.stage, event.outcome, event.final) == ("running", "passed", False)
    assert (event.after, event.allowed) == (verdict.after, verdict.allowed)
    assert event.sentence == verdict.sentence


def test_at_the_end_it_is_judged_for_good(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    killed = scene.recoveries.last
    scene.recoveries.end()
    before = scene.recoveries.judge(killed)
    assert len([e for e in scene.running.timeline.events(StageJudged) if e.final]) == 3
    scene.cluster.machine(killed.machine).check(f"docker kill {killed.subject}")
    world.clock.advance(0.2)
    assert scene.recoveries.judge(killed) is before
    assert scene.recoveries.open == []


# when nobody could look


def test_a_machine_that_returns_while_fleet_is_silent_cannot_be_judged(scene: Scene) -> None:
    scene.inject(MACHINE_LOSS, "web server")
    scene.await_stage(SCHEDULED)
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    scene.undo_last()
    with pytest.raises(
        CnaError,
        match=r"not joined[\s\S]*could not be observed: since .* fleet has answered on no machine",
    ):
        scene.await_stage(JOINED)


def test_what_the_links_said_at_the_bound_explains_a_late_stage(
    scene: Scene, world: FakeWorld
) -> None:
    """Asked half a second later, every link holds."""
    world.delays.start = 2.2
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain) as failure:
        scene.await_stage(RUNNING)
    assert broken_link(failure.value.evidence) is SUPERVISOR
    assert "is broken at systemd: activating/start" in str(failure.value)
    assert scene.recoveries.said == {scene.recoveries.last}
