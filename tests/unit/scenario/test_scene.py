"""Scenarios on a simulated cluster: what is done, what has to follow, and what is said when not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET

from pytest_cna.core.errors import CnaError
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_START,
    SERVICE_STOP,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    DROPPED,
    JOINED,
    NAMED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
    Stage,
)
from pytest_cna.scenario.awaiting import await_stage
from pytest_cna.scenario.scene import Scene

if TYPE_CHECKING:
    from pytest_cna.testing import FakeWorld


def reached(scene: Scene) -> dict[Stage, float | None]:
    """Of the last recovery, seconds after the fault."""
    verdicts = scene.recoveries.judge(scene.recoveries.last)
    return {verdict.stage: verdict.after for verdict in verdicts}


@pytest.mark.parametrize("called", ["cache", "web server", "database", "load balancer"])
def test_a_killed_container_is_back_within_every_bound(scene: Scene, called: str) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, called)
    recovery = scene.recoveries.last
    for stage in recovery.bounds:
        scene.await_stage(stage)
    assert list(reached(scene)) == list(recovery.bounds)
    assert None not in reached(scene).values()


def test_customers_of_two_web_servers_notice_nothing_of_one(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "web server")
    scene.await_stage(SERVING)
    scene.expect_no_request_failed()
    scene.at_work.expect_no_record_lost()
    scene.invariants.expect_one_entry_per_instance()


def test_customers_notice_that_the_database_is_gone(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "database")
    scene.await_stage(SERVING)
    with pytest.raises(AssertionError, match=r"requests failed .*\s+-0\.\d\d s .*HTTP 500"):
        scene.expect_no_request_failed()


def test_a_stopped_service_goes_and_comes_back(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(SERVICE_STOP, "web server")
    scene.await_stage(WITHDRAWN)
    scene.await_stage(UNROUTED)
    hit = scene.recoveries.last.unit
    scene.undo(SERVICE_STOP, "web server")
    assert (scene.recoveries.last.kind, scene.recoveries.last.unit) == (SERVICE_START, hit)
    for stage in (ANNOUNCED, ROUTED, SERVING):
        scene.await_stage(stage)
    scene.expect_no_request_failed()


def test_the_applications_configuration_follows_a_stopped_cache(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    assert scene.await_stage(DROPPED).passed
    scene.undo_last()
    assert scene.await_stage(NAMED).passed
    assert [each.kind for each in scene.recoveries.all] == [SERVICE_STOP, SERVICE_START]


def test_a_lost_machine_is_replaced_and_returns(scene: Scene) -> None:
    scene.ensure_apart("web server", ["load balancer", "database"])
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "web server")
    recovery = scene.recoveries.last
    assert recovery.subject == recovery.machine
    scene.invariants.expect_quorum()
    for stage in (NOTICED, SCHEDULED, RUNNING, ANNOUNCED, ROUTED, SERVING):
        scene.await_stage(stage)
    scene.expect_no_request_failed()
    scene.undo(MACHINE_LOSS)
    scene.await_stage(JOINED)
    scene.invariants.expect_no_unit_runs_twice()
    assert recovery.unit is not None
    assert scene.running.machine_of(recovery.unit) != recovery.machine


def test_a_load_balancer_moves_to_a_public_machine(scene: Scene) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    scene.expect_metadata("public", "true")
    with pytest.raises(AssertionError, match=r"placed on core-\d, whose metadata are .*, not disk"):
        scene.expect_metadata("disk", "fast")


def test_all_units_of_the_leaders_machine_are_placed(scene: Scene) -> None:
    scene.ensure_leader_apart("database")
    leader = scene.running.leader().name
    mains = [each for each in SET.units if each.role == "main"]
    there = [each for each in mains if scene.running.machine_of(each) == leader]
    assert there
    scene.lose_leader()
    scene.await_all_placed()
    scene.await_stage(RUNNING)
    assert leader not in scene.running.machines_of(there)
    assert [recovery.unit for recovery in scene.recoveries.all] == there
    names = {t.name for t in scene.recoveries.last.bounds[NOTICED].terms}
    assert "etcd's election" in names


def test_the_same_instance_is_hit_again(scene: Scene) -> None:
    for _ in range(3):
        scene.inject(CONTAINER_KILL, "web server")
        scene.await_stage(ROUTED)
    assert len({recovery.subject for recovery in scene.recoveries.all}) == 1


def test_what_the_deployment_looked_like_before_is_kept(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    first = scene.before
    scene.inject(CONTAINER_KILL, "cache")
    assert scene.before is first
    assert [each.name for each in first] == ["haproxy.cfg before", "discovery before"]
    assert "server webserver_10.0.0." in first[0].text


# faults during a recovery


def test_what_is_being_recovered_can_be_hit_again(scene: Scene, world: FakeWorld) -> None:
    """It is where fleet placed it, whether it runs or not."""
    scene.inject(CONTAINER_KILL, "web server")
    world.clock.advance(0.3)
    scene.inject(SERVICE_STOP, "web server")
    assert scene.await_stage(WITHDRAWN).passed
    killed, stopped = scene.recoveries.all
    assert killed.instance == stopped.instance
    outcomes = {v.stage: v.outcome for v in scene.recoveries.judge(killed)}
    assert (outcomes[NOTICED], outcomes[RUNNING]) == ("passed", "not awaited")
    with pytest.raises(CnaError, match="was hit again before it had to be running: nothing can be"):
        await_stage(scene.recoveries, killed, RUNNING)


def test_what_is_paused_and_then_stopped_is_gone_already(scene: Scene) -> None:
    scene.inject(CONTAINER_PAUSE, "web server")
    scene.await_stage(UNROUTED)
    scene.inject(SERVICE_STOP, "web server")
    for stage in (WITHDRAWN, UNROUTED):
        assert scene.await_stage(stage).after == 0


def test_a_fault_elsewhere_leaves_a_recovery_its_time(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.inject(CONTAINER_PAUSE, "web server")
    killed, paused = scene.recoveries.all
    for recovery in (killed, paused):
        for stage in recovery.bounds:
            if scene.recoveries.is_seen(stage):
                assert await_stage(scene.recoveries, recovery, stage).passed
