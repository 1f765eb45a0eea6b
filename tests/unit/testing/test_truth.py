"""What a simulated cluster says of itself: exact, complete, and asked at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import machine_of, unit

from pytest_cna.core.events.container import ContainerCreated
from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld

CACHE = unit("cache")
WEB = unit("web server")


def test_the_steady_state(running: RunningDeployment, world: FakeWorld) -> None:
    now = world.truth.now
    mains = [each for each in running.deployment.units if each.role == "main"]
    where = {each.name: running.machine_of(each) for each in mains}
    assert now.placed.items() >= where.items()
    assert now.containers.keys() == {Instance(*each) for each in where.items()}
    assert now.answering == now.active == now.containers.keys()
    assert {each.unit for each in now.created} == {
        each.name for each in mains if each.up_with is ContainerCreated
    }
    assert not now.paused
    assert not now.ending
    assert set(now.entries) == set(running.discovery.entries())
    (servers,) = now.servers.values()
    assert servers == {each.server: "UP" for each in running.discovery.entries("webserver")}
    assert now.listed == {"core-1": 1, "core-2": 1, "core-3": 1} == now.boots
    assert now.reachable == set(now.boots)
    assert now.quorum
    assert now.fleet
    caches = {each.endpoint for each in running.discovery.entries("cache")}
    assert all(caches < named for named in now.named.values())
    assert {each.unit for each in now.named} == {each.name for each in mains if each.service.code}


def test_a_kill_at_its_very_moments(running: RunningDeployment, world: FakeWorld) -> None:
    here = Instance(CACHE.name, running.machine_of(CACHE))
    machine = machine_of(running, CACHE)
    begun = world.clock.monotonic()
    machine.check(f"docker kill --signal KILL {CACHE.container}")
    killed = world.clock.monotonic()
    world.clock.advance(10.0)
    truth, delays = world.truth, world.delays
    assert truth.first(lambda state: here not in state.containers, begun) == killed
    back = killed + delays.end + 0.5 + delays.start  # RestartSec
    assert truth.for_good(lambda state: here in state.containers, killed) == pytest.approx(back)
    assert truth.now.containers[here] == pytest.approx(back)
    answers = truth.for_good(lambda state: here in state.answering, killed)
    assert answers == pytest.approx(back + delays.answer)
    assert here in truth.at(killed - 0.001).containers
    assert here not in truth.at(killed).containers


def test_what_does_not_hold_at_the_end_does_not_hold_for_good(
    running: RunningDeployment, world: FakeWorld
) -> None:
    here = Instance(CACHE.name, running.machine_of(CACHE))
    since = world.clock.monotonic()
    world.clock.advance(1.0)
    world.defect("mute", CACHE.name, lasting=2.0)
    world.clock.advance(4.0)

    def answers_until(until: float) -> float | None:
        return world.truth.for_good(lambda state: here in state.answering, since, until)

    assert answers_until(since + 0.5) == since
    assert answers_until(since + 2.0) is None
    assert answers_until(since + 5.0) == pytest.approx(since + 3.0)
    times = [at for at, _ in world.truth.history(since)]
    assert times == sorted(set(times))
    assert world.truth.first(lambda state: not state.quorum, since) is None


def test_a_machine_that_returns_before_fleet_drops_it_is_dropped_and_comes_again(
    running: RunningDeployment, world: FakeWorld
) -> None:
    machine = machine_of(running, CACHE)
    running.cluster.provider.kill(machine)
    world.clock.advance(1.0)
    running.cluster.provider.start(machine)
    returned = world.clock.monotonic()
    world.clock.advance(30.0)
    truth = world.truth
    assert truth.at(returned + 5.0).listed[machine.name] == 1
    dropped = truth.first(lambda state: machine.name not in state.listed, returned)
    assert dropped is not None
    assert truth.now.listed[machine.name] == truth.now.boots[machine.name] == 2


def test_records_that_are_gone(world: FakeWorld) -> None:
    world.defect("loses records", value=2.0)
    assert {"0-1", "0-2", "7-1"} <= world.truth.now.lost
    assert "0-3" not in world.truth.now.lost
