"""A simulated cluster does what a real one does, in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, simulated, unit, world_of

from pytest_cna.cluster.engine.docker import Docker
from pytest_cna.core.errors import (
    CommandFailed,
    DiscoveryError,
    FleetError,
    FleetRefused,
    ProductFailed,
    RoutingError,
    TransportError,
)
from pytest_cna.core.events.container import ContainerEvent
from pytest_cna.core.events.discovery import EntryEvent
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.waiting import wait_for
from pytest_cna.testing.delays import Delays
from pytest_cna.testing.launching import simulated_deployment

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.event import Event
    from pytest_cna.testing.world import FakeWorld

CACHE = unit("cache")
WEB = unit("web server")


def events(running: RunningDeployment, since: float, *kinds: type[Event]) -> list[str]:
    """The kinds, in their words."""
    return [each.kind for each in running.timeline.events(kinds, since=since)]


def endpoints(running: RunningDeployment, service: str) -> list[str]:
    return sorted(entry.endpoint for entry in running.discovery.entries(service))


def test_units_are_placed_as_fleet_places_them(running: RunningDeployment) -> None:
    caches = SET.main_units(SET.service("cache"))
    assert len(set(running.machines_of(caches))) == 2  # Conflicts=
    web, application, config = (unit(each) for each in ("web server", "application", "config"))
    assert len(set(running.machines_of([web, application, config]))) == 1  # MachineOf=
    database = machine_of(running, unit("database"))
    assert database.metadata["storage"] == "true"  # MachineMetadata=


def test_a_killed_container_comes_back(running: RunningDeployment, world: FakeWorld) -> None:
    machine = machine_of(running, CACHE)
    since = world.clock.monotonic()
    before = set(running.discovery.entries("cache"))
    machine.check(f"docker kill --signal KILL {CACHE.container}")
    world.clock.advance(0.1)
    assert len(running.discovery.entries("cache")) == 1
    assert not machine.run(f"docker kill {CACHE.container}").succeeded
    running.await_steady_state(10.0)
    assert events(running, since, ContainerEvent, EntryEvent) == [
        "kill",
        "die",
        "destroy",
        "withdrawn",
        "create",
        "start",
        "announced",
    ]
    # the same uuid too: it is made of the machine's id and the unit's name
    assert set(running.discovery.entries("cache")) == before


def test_a_stopped_unit_says_goodbye_and_stays_away(
    running: RunningDeployment, world: FakeWorld
) -> None:
    where = running.machine_of(WEB)
    running.cluster.fleet.stop(WEB.name)
    world.clock.advance(10.0)
    states = {state.name: state.active for state in running.cluster.fleet.states()}
    assert states[WEB.name] == "inactive"
    assert f":{WEB.instance}" not in "".join(endpoints(running, "webserver"))
    servers = running.load_balancer().servers("webserver_nodes")
    assert [server.up for server in servers] == [True]
    running.cluster.fleet.start(WEB.name)
    running.await_steady_state(10.0)
    assert running.machine_of(WEB) == where
    assert len(running.load_balancer().servers("webserver_nodes")) == 2


def test_units_of_a_lost_machine_move_and_it_returns(
    running: RunningDeployment, world: FakeWorld
) -> None:
    machine = machine_of(running, unit("load balancer"))
    (address,) = endpoints(running, "loadbalancer")
    since = world.clock.monotonic()
    running.cluster.provider.kill(machine)
    assert not running.cluster.provider.running(machine)
    with pytest.raises(TransportError, match=f"{machine.name} cannot be reached: it has no power"):
        machine.run("date +%s.%N")
    world.clock.advance(8.0)
    assert endpoints(running, "loadbalancer") == []  # its lease has expired
    assert running.machine_of(unit("load balancer")) == machine.name  # fleet still believes
    wait_for(
        lambda: endpoints(running, "loadbalancer"), waiting_for="another balancer", timeout=20.0
    )
    assert endpoints(running, "loadbalancer") != [address]
    assert running.timeline.events(MachineGone, machine.name, since=since)

    running.cluster.provider.start(machine)
    running.cluster.provider.start(machine)
    with pytest.raises(TransportError, match="it is booting"):
        machine.run("date +%s.%N")
    wait_for(
        lambda: running.timeline.events(MachineJoined, machine.name, since=since),
        waiting_for="its return",
        timeout=30.0,
    )
    running.await_steady_state(10.0)


def test_a_machine_that_is_cut_off_runs_on(running: RunningDeployment, world: FakeWorld) -> None:
    machine = machine_of(running, CACHE)
    provider = running.cluster.provider
    provider.isolate(machine, for_at_most=300.0)
    world.clock.advance(15.0)
    with pytest.raises(TransportError, match="it is cut off"):
        machine.run("date +%s.%N")
    assert running.machine_of(CACHE) != machine.name
    assert CACHE.container in simulated(running, machine).containers
    provider.rejoin(machine)
    running.await_steady_state(20.0)
    assert CACHE.container not in simulated(running, machine).containers


def test_a_paused_container_is_withdrawn_and_announced_again(
    running: RunningDeployment, world: FakeWorld
) -> None:
    machine = machine_of(running, WEB)
    machine.check(f"docker pause {WEB.container}")
    world.clock.advance(2.0)
    assert len(endpoints(running, "webserver")) == 1
    assert "Paused" in machine.check(f"docker ps -a --filter name=^/{WEB.container}$")
    with pytest.raises(CommandFailed, match="is not running"):
        machine.check(f"docker pause {WEB.container}")
    machine.check(f"docker unpause {WEB.container}")
    running.await_steady_state(10.0)
    assert len(endpoints(running, "webserver")) == 2


def test_a_timer_of_systemd_undoes_a_fault_unless_it_is_stopped(
    running: RunningDeployment, world: FakeWorld
) -> None:
    machine = machine_of(running, WEB)
    command = "systemd-run --quiet --unit={} --on-active=60 /bin/sh -c 'docker unpause {}'"
    machine.check(f"docker pause {WEB.container}")
    machine.check(command.format("undo-it", WEB.container))
    world.clock.advance(50.0)
    assert simulated(running, machine).containers[WEB.container].status == "paused"
    world.clock.advance(11.0)
    assert simulated(running, machine).containers[WEB.container].status == "running"
    assert not machine.run("systemctl stop undo-it.timer").succeeded

    machine.check(f"docker pause {WEB.container}")
    machine.check(command.format("undo-again", WEB.container))
    machine.check("systemctl stop undo-again.timer")
    world.clock.advance(90.0)
    assert simulated(running, machine).containers[WEB.container].status == "paused"


def test_a_step_that_never_comes(running: RunningDeployment, world: FakeWorld) -> None:
    world.never("announced", CACHE.name)
    machine_of(running, CACHE).check(f"docker kill {CACHE.container}")
    world.clock.advance(1.0)
    with pytest.raises(ProductFailed, match=f"missing: cache .*:{CACHE.instance}"):
        running.await_steady_state(60.0)
    world.mend()
    running.await_steady_state(10.0)


def test_a_unit_that_does_not_restart_has_failed(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.never("restarted", CACHE.name)
    machine_of(running, CACHE).check(f"docker kill {CACHE.container}")
    world.clock.advance(30.0)
    states = {state.name: state.active for state in running.cluster.fleet.states()}
    assert states[CACHE.name] == "failed"


def test_without_a_quorum_nothing_answers(running: RunningDeployment) -> None:
    provider = running.cluster.provider
    first, second, _ = running.cluster.machines
    provider.kill(first)
    provider.kill(second)
    assert not running.discovery.has_quorum()
    with pytest.raises(DiscoveryError, match="no quorum"):
        running.discovery.entries()
    with pytest.raises(FleetError, match="etcd has no quorum"):
        running.cluster.fleet.units()
    provider.start(first)
    running.await_steady_state(60.0)
    assert running.leader() in running.cluster.machines


def test_another_leader_is_elected(running: RunningDeployment, world: FakeWorld) -> None:
    leader = running.leader()
    running.cluster.provider.kill(leader)
    with pytest.raises(DiscoveryError, match="no leader"):
        running.discovery.leader()
    world.clock.advance(1.0)
    assert running.leader().name != leader.name


def test_fleet_refuses_what_it_does_not_know(running: RunningDeployment) -> None:
    with pytest.raises(FleetRefused, match="submit the unit first"):
        running.cluster.fleet.start("nothing@1.service")
    assert running.cluster.fleet.unit("nothing@1.service") is None
    running.cluster.fleet.destroy("nothing@1.service")


def test_a_paused_balancer_gives_no_statistics(running: RunningDeployment) -> None:
    balancer = unit("load balancer")
    machine = machine_of(running, balancer)
    client = running.load_balancer()
    machine.check(f"docker pause {balancer.container}")
    with pytest.raises(RoutingError, match="no answer in time"):
        client.backends()


def test_slow_machines_take_longer() -> None:
    took = []
    for boot in (4.0, 40.0):
        with simulated_deployment(SET, delays=Delays(boot=boot)) as running:
            took.append(running.cluster.boot_seconds)
    assert took[1] - took[0] == pytest.approx(36.0, abs=0.5)


def test_containers_that_run_are_listed_and_a_created_one_cannot_be_killed(
    running: RunningDeployment,
) -> None:
    application = unit("application")
    machine = machine_of(running, application)
    docker = Docker(machine)
    docker.pause(WEB.container)
    assert WEB.container in docker.running()
    assert application.container not in docker.running()
    with pytest.raises(CommandFailed, match="is not running"):
        docker.kill(application.container)
    assert application.container in simulated(running, machine).containers


def test_jitter_is_drawn_from_a_seed() -> None:
    def launched(delays: Delays) -> list[float]:
        with simulated_deployment(SET, delays=delays) as running:
            history = world_of(running).truth.history()
            return [round(at - history[0][0], 3) for at, _ in history]

    once, again = (launched(Delays(jitter=0.5, seed=7)) for _ in range(2))
    assert once == again
    assert once != launched(Delays(jitter=0.5, seed=8))
    assert once[-1] < launched(Delays())[-1]


def test_a_configuration_that_cannot_be_read_is_rendered_later(
    running: RunningDeployment, world: FakeWorld
) -> None:
    running.cluster.fleet.stop(WEB.name)
    world.clock.advance(0.35)  # its entry is gone, and confd has not written it yet
    world.defect("no leader", lasting=2.0)
    world.clock.advance(1.0)
    assert len(running.load_balancer().servers("webserver_nodes")) == 2
    world.clock.advance(3.0)
    assert len(running.load_balancer().servers("webserver_nodes")) == 1
