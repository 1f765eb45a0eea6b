"""Machines in memory keep what every provider guarantees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from simulated import machine_of, unit, world_of

from pytest_cna.core import clock
from pytest_cna.core.errors import MachineNotFound
from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.spec import ClusterSpec, MachineSpec
from pytest_cna.testing import FakeClock, FakeProvider, UnknownCommand
from pytest_cna.testing.shell import FakeShell

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    provider = FakeProvider("s1", lambda line: None)
    yield provider
    provider.close()


def spec(provider: FakeProvider, count: int) -> ClusterSpec:
    machines = tuple(
        MachineSpec(f"core-{number}", address)
        for number, address in enumerate(provider.addresses(count), 1)
    )
    return ClusterSpec("s1", machines, NATIVE, machine_image="", fingerprint="")


def test_the_process_goes_by_its_clock_from_prepare_to_close(provider: FakeProvider) -> None:
    before = clock.monotonic()
    assert provider.prepare() == []
    assert provider.prepare() == []
    provider.world.clock.advance(1_000.0)
    assert clock.monotonic() >= before + 1_000.0
    provider.close()
    provider.close()
    assert clock.monotonic() < before + 1_000.0


def test_machines_are_made_found_and_removed(provider: FakeProvider) -> None:
    machines = provider.provision(spec(provider, 3))
    assert [machine.name for machine in machines] == ["core-1", "core-2", "core-3"]
    assert provider.machines() == machines
    assert provider.machine("core-2") is machines[1]
    assert all(map(provider.running, machines))
    assert provider.powered == provider.world.clock.monotonic()
    provider.destroy()
    provider.destroy()
    assert provider.machines() == []
    with pytest.raises(MachineNotFound, match="known: none"):
        provider.running(machines[0])


def test_power_is_cut_and_given_idempotently(provider: FakeProvider) -> None:
    (machine,) = provider.provision(spec(provider, 1))
    provider.world.clock.advance(10.0)
    provider.kill(machine)
    provider.kill(machine)
    assert not provider.running(machine)
    provider.start(machine)
    provider.start(machine)
    assert provider.running(machine)
    assert provider.console(machine) == "Booting.\nBooting.\n"


def test_a_machine_is_shut_down_in_good_order(running: RunningDeployment) -> None:
    machine = machine_of(running, unit("load balancer"))
    running.cluster.provider.stop(machine)
    assert not running.cluster.provider.running(machine)
    world_of(running).clock.advance(1.0)  # another leader is elected
    entries = running.discovery.entries()
    assert not [entry for entry in entries if entry.host == machine.name]  # said goodbye


def test_isolation_is_idempotent(running: RunningDeployment) -> None:
    machine = running.cluster.machines[0]
    for _ in range(2):
        running.cluster.provider.isolate(machine, for_at_most=300.0)
    for _ in range(2):
        running.cluster.provider.rejoin(machine)
    running.await_steady_state(10.0)


def test_isolation_ends_by_itself(running: RunningDeployment) -> None:
    machine, provider = running.cluster.machines[0], running.cluster.provider
    world = world_of(running)
    simulated = world.machines[machine.name]
    provider.isolate(machine, for_at_most=20.0)
    world.clock.advance(15.0)
    provider.isolate(machine, for_at_most=20.0)
    world.clock.advance(15.0)
    assert simulated.isolated, "the time begins with the last call"
    world.clock.advance(5.0)
    assert not simulated.isolated
    provider.isolate(machine, for_at_most=20.0)
    provider.rejoin(machine)
    provider.isolate(machine, for_at_most=60.0)
    world.clock.advance(20.0)
    assert simulated.isolated, "the first isolation was undone"


def test_its_consoles_are_collected(running: RunningDeployment, tmp_path: Path) -> None:
    machine = running.cluster.machines[0]
    running.cluster.provider.kill(machine)
    running.cluster.provider.collect(machine, tmp_path / "machines")
    saved = (tmp_path / "machines" / "core-1.console").read_text("utf-8")
    assert saved == "Booting.\n"


def test_a_command_of_ones_own_needs_an_answer(running: RunningDeployment) -> None:
    machine = running.cluster.machines[0]
    with pytest.raises(UnknownCommand, match="core-1 has no answer to 'uptime'"):
        machine.check("uptime")
    assert isinstance(machine.transport, FakeShell)
    machine.transport.answer("^uptime$", "up 3 days")
    assert machine.check("uptime") == "up 3 days"


def test_a_clock_of_a_machine_may_be_wrong(running: RunningDeployment) -> None:
    machine = running.cluster.machines[0]
    world_of(running).machines[machine.name].drift = -7.0
    assert running.clocks.compare(machine).seconds == pytest.approx(-7.0, abs=0.02)
    assert running.clocks.drifts() == {machine.name: pytest.approx(-7.0, abs=0.02)}


def test_it_is_known_by_name_and_simulated(provider: FakeProvider) -> None:
    assert (FakeProvider.name, FakeProvider.simulated, FakeProvider.owns) == ("fake", True, True)
    assert provider.versions() == {"machines": "simulated in memory"}
    assert not provider.adopt("anything")
    assert isinstance(provider.world.clock, FakeClock)
