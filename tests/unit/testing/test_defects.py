"""Each defect of the simulated product does what its row in the table says, and can be mended."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, simulated, unit, world_of

from pytest_cna.core.errors import ConfigurationError, DiscoveryError, FleetUnable
from pytest_cna.core.instance import Instance
from pytest_cna.testing.defect_kinds import DEFECTS
from pytest_cna.testing.launching import simulated_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.model import Server
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing import FakeWorld
    from pytest_cna.testing.flight import Outcome

CACHE = unit("cache")
WEB = unit("web server")
BALANCER = unit("load balancer")


def kill(running: RunningDeployment, of: DeployedUnit) -> None:
    machine_of(running, of).check(f"docker kill --signal KILL {of.container}")


def pause(running: RunningDeployment, of: DeployedUnit) -> None:
    machine_of(running, of).check(f"docker pause {of.container}")


def runs(world: FakeWorld, of: DeployedUnit) -> list[Instance]:
    return [each for each in world.truth.now.containers if each.unit == of.name]


def announced(running: RunningDeployment, of: DeployedUnit) -> int:
    entries = running.discovery.entries(of.service.name)
    return sum(str(entry.port) == of.instance for entry in entries)


def server(running: RunningDeployment, of: DeployedUnit) -> Server | None:
    rows = running.load_balancer().servers(of.service.backend)
    return next((row for row in rows if row.name.endswith(f"_{of.instance}")), None)


def answers(running: RunningDeployment, count: int) -> Iterator[Outcome]:
    world = world_of(running)
    for _ in range(count):
        yield world.requests.ask(running.endpoints())


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_can_be_had_and_mended(name: str) -> None:
    with simulated_deployment(SET) as running:
        world = world_of(running)
        world.defect(name)
        world.clock.advance(3.0)
        assert world.defects.on(name)
        world.mend(name)
        assert not world.defects.on(name)
        running.await_steady_state()


def test_a_defect_is_of_a_unit_a_service_a_machine_or_all(world: FakeWorld) -> None:
    other = unit("cache", 1).name
    world.defect("mute", CACHE.name)
    assert world.defects.on("mute", CACHE.name)
    assert not world.defects.on("mute", other)
    world.mend("mute", CACHE.name)
    world.defect("mute", "caches")
    assert world.defects.on("mute", other)
    assert not world.defects.on("mute", WEB.name)
    world.mend()
    world.defect("mute")
    assert world.defects.on("mute", WEB.name)
    world.defect("clock set back", "core-2", value=7.0)
    assert [machine.drift for machine in world.machines.values()] == [0.0, -7.0, 0.0]


def test_what_there_is_not_is_refused(world: FakeWorld) -> None:
    with pytest.raises(LookupError, match="no defect is called 'broken'; there are never sched"):
        world.defect("broken")
    with pytest.raises(ValueError, match="'mute' takes no value"):
        world.defect("mute", value=1.0)
    with pytest.raises(ConfigurationError, match="no service is called 'nothing'"):
        world.defect("mute", "nothing")
    with pytest.raises(ValueError, match="is of a machine: core-1, core-2, core-3, not cache"):
        world.defect("clock set back", "cache")
    with pytest.raises(ValueError, match="of the whole cluster, not of core-1"):
        world.defect("no leader", "core-1")


def test_a_defect_comes_and_goes_by_itself(world: FakeWorld) -> None:
    world.defect("no leader", after=2.0, lasting=3.0)
    world.clock.advance(1.9)
    assert world.etcd.serves
    world.clock.advance(0.2)
    assert not world.etcd.serves
    world.clock.advance(3.0 + world.delays.election)
    assert world.etcd.serves


def test_what_is_mended_before_it_begins_does_not_begin(world: FakeWorld) -> None:
    world.defect("no leader", after=2.0)
    world.mend()
    world.clock.advance(5.0)
    assert world.etcd.serves


def test_a_container_dies_after_each_start(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("dies after start", "cache", value=0.5)
    kill(running, CACHE)
    starts = set()
    for _ in range(80):
        world.clock.advance(0.1)
        starts |= set(world.truth.now.containers.values())
    assert len(starts) > 5


def test_a_stop_that_hangs(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("stop hangs", CACHE.name, value=40.0)
    running.cluster.fleet.stop(CACHE.name)
    world.clock.advance(39.0)
    assert runs(world, CACHE)
    world.clock.advance(3.0)
    assert not runs(world, CACHE)


def test_a_container_that_outlives_its_unit(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("outlives stop", CACHE.name)
    running.cluster.fleet.stop(CACHE.name)
    world.clock.advance(5.0)
    assert runs(world, CACHE)
    assert not world.truth.now.active & set(runs(world, CACHE))


def test_a_sidekick_that_is_not_bound(running: RunningDeployment, world: FakeWorld) -> None:
    sidekick = SET.sidekick_of(WEB)
    assert sidekick is not None
    world.defect("unbound", WEB.name)
    where = simulated(running, machine_of(running, WEB))
    kill(running, WEB)
    world.clock.advance(0.2)
    assert where.processes[sidekick.name].active == "active"


def test_a_unit_that_is_active_without_a_container(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("no container", CACHE.name)
    kill(running, CACHE)
    world.clock.advance(5.0)
    assert not runs(world, CACHE)
    assert CACHE.name in {each.unit for each in world.truth.now.active}


def test_containers_that_start_with_their_machine(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("containers revive", value=8.0)
    machine = machine_of(running, CACHE)
    running.cluster.provider.kill(machine)
    world.clock.advance(30.0)
    assert [each.machine for each in runs(world, CACHE)] != [machine.name]
    running.cluster.provider.start(machine)
    world.clock.advance(6.0)
    assert len(runs(world, CACHE)) == 2
    assert len([each for each in world.truth.now.answering if each.unit == CACHE.name]) == 2
    world.clock.advance(8.0)
    assert len(runs(world, CACHE)) == 1


def test_units_that_start_with_their_machine_announce(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("units revive")
    machine = machine_of(running, CACHE)
    running.cluster.provider.kill(machine)
    world.clock.advance(30.0)
    running.cluster.provider.start(machine)
    world.clock.advance(30.0)
    assert len(runs(world, CACHE)) == 2
    assert announced(running, CACHE) == 2


def test_an_instance_that_flaps(running: RunningDeployment, world: FakeWorld) -> None:
    since = world.clock.monotonic()
    world.defect("flapping", CACHE.name, value=3.0)
    world.clock.advance(18.5)
    here = Instance(CACHE.name, running.machine_of(CACHE))
    answers = [here in state.answering for _, state in world.truth.history(since)]
    assert [key for key, _ in groupby(answers)] == [True, False, True, False, True, False, True]


def test_entries_that_stay_though_the_probe_fails(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("keeps announcing", CACHE.name)
    pause(running, CACHE)
    world.clock.advance(30.0)
    assert announced(running, CACHE) == 1
    world.mend()
    world.clock.advance(1.0)
    assert announced(running, CACHE) == 0


def test_entries_without_a_probe_and_two_of_them(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("announces early", CACHE.name)
    world.defect("announces twice", CACHE.name)
    world.delays.answer = 20.0
    kill(running, CACHE)
    world.clock.advance(5.0)
    assert announced(running, CACHE) == 2


def test_an_entry_that_lives_long_without_its_machine(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.defect("long lease", "web server", value=40.0)
    world.clock.advance(1.0)
    machine = machine_of(running, WEB)
    running.cluster.provider.kill(machine)
    world.clock.advance(38.0)
    hosts = [each.host for each in running.discovery.entries("webserver")]
    assert machine.name in hosts
    world.clock.advance(3.0)
    assert machine.name not in [each.host for each in running.discovery.entries("webserver")]


def test_a_machine_that_fleet_drops_late(running: RunningDeployment, world: FakeWorld) -> None:
    machine = machine_of(running, CACHE)
    world.defect("agent ttl longer", value=20.0)
    running.cluster.provider.kill(machine)
    world.clock.advance(28.0)
    assert machine.name in world.truth.now.listed
    world.clock.advance(5.0)
    assert machine.name not in world.truth.now.listed


def test_parts_that_do_not_answer(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("no state row", CACHE.name)
    assert CACHE.name not in {state.name for state in running.cluster.fleet.states()}
    world.defect("fleet unable", lasting=1.0)
    with pytest.raises(FleetUnable, match="HTTP 503"):
        running.cluster.fleet.units()
    world.defect("no leader")
    with pytest.raises(DiscoveryError, match="no leader"):
        running.discovery.entries()
    assert not world.truth.now.quorum


@pytest.mark.parametrize(
    ("name", "status", "check"),
    [("no check", "no check", ""), ("checks fail", "DOWN", "L7STS"), ("checks pass", "UP", "L7OK")],
)
def test_checks_of_haproxy(name: str, status: str, check: str, running: RunningDeployment) -> None:
    world = world_of(running)
    for defect in (name, "never reloaded"):
        world.defect(defect, "load balancer")
    kill(running, WEB)
    world.never("restarted", WEB.name)
    world.clock.advance(5.0)
    row = server(running, WEB)
    assert announced(running, WEB) == 0
    assert row is not None
    assert (row.status, row.check) == (status, check)


def test_haproxy_does_not_follow_its_confd(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("never reloaded", "load balancer")
    running.cluster.fleet.stop(WEB.name)
    world.clock.advance(5.0)
    machine = machine_of(running, BALANCER)
    name = f"_{WEB.instance}"
    assert not machine.run(f"docker exec {BALANCER.container} grep -hF {name} x").stdout
    row = server(running, WEB)
    assert row is not None
    assert not row.up
    world.mend()
    world.clock.advance(1.0)
    assert server(running, WEB) is None


@pytest.mark.parametrize(
    ("name", "value", "errors"),
    [
        ("sick", None, {"HTTP 500"}),
        ("errors", 2.0, {"", "HTTP 503"}),
        ("overloaded", 1.0, {"", "HTTP 503"}),
        ("mute", None, {"HTTP 503"}),
    ],
)
def test_what_customers_get(
    name: str, value: float | None, errors: set[str], running: RunningDeployment
) -> None:
    world_of(running).defect(name, "web server", value=value)
    assert {each.error for each in answers(running, 30)} == errors


def test_one_answer_in_twenty_is_slow(running: RunningDeployment, world: FakeWorld) -> None:
    world.defect("slow", "web server", value=4.0)
    took = sorted(each.seconds for each in answers(running, 60))
    assert took[0] < 0.1
    assert 4.0 <= took[-1] < 4.1
    assert sum(seconds > 1.0 for seconds in took) in {2, 3}
