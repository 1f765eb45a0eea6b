"""A provider of machines in memory: no Docker, no virtual machines, nothing to build."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.fault_kinds import PARTITION, POWER_CUT
from pytest_cna.core.machine import Machine
from pytest_cna.machines.providers.base import Provider
from pytest_cna.testing.clients import FakeClients
from pytest_cna.testing.shell import FakeShell
from pytest_cna.testing.world import FakeWorld

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.clock import Clock
    from pytest_cna.machines.spec import ClusterSpec
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.machine import SimulatedMachine


class FakeProvider(Provider):
    """Machines of a ``FakeWorld``, which is at ``world``. From ``prepare`` to ``close`` the whole
    process goes by the world's clock, so that nothing takes any real time.

    A subclass may have fewer ``capabilities``.
    """

    name = "fake"
    capabilities = frozenset({POWER_CUT, PARTITION})
    simulated = True

    _clock_before: Clock | None = None

    @cached_property
    def world(self) -> FakeWorld:
        """The simulation."""
        return FakeWorld()

    @cached_property
    def clients(self) -> FakeClients:
        """What the cluster is asked and watched with (``cluster.clients``)."""
        return FakeClients(self.world)

    @cached_property
    def _machines(self) -> dict[str, Machine]:
        return {}

    @cached_property
    def _timers(self) -> dict[str, Timer]:
        """Machine → what rejoins it in time."""
        return {}

    def prepare(self) -> list[str]:
        if self._clock_before is None:
            self._clock_before = clock.install(self.world.clock)
        return []

    def versions(self) -> dict[str, str]:
        return {"machines": "simulated in memory"}

    def adopt(self, fingerprint: str) -> bool:
        return False

    def addresses(self, count: int) -> list[str]:
        return [f"10.0.0.{number}" for number in range(11, 11 + count)]

    def provision(self, spec: ClusterSpec) -> list[Machine]:
        self.world.provision(spec.machines, spec.timing)
        self.powered = self.world.clock.monotonic()
        self._machines.clear()
        self._machines |= {
            each.name: Machine(
                each.name,
                each.address,
                each.metadata,
                FakeShell(self.world, self.world.machines[each.name]),
                each.member,
            )
            for each in spec.machines
        }
        return self.machines()

    def machines(self) -> list[Machine]:
        return [self._machines[name] for name in sorted(self._machines)]

    def running(self, machine: Machine) -> bool:
        return self._of(machine).power

    def kill(self, machine: Machine) -> None:
        self.world.power_off(self._of(machine))

    def start(self, machine: Machine) -> None:
        self.world.power_on(self._of(machine))

    def stop(self, machine: Machine) -> None:
        of = self._of(machine)
        for name in list(of.processes):
            self.world.systemd.stop(of, name)
        self.world.clock.sleep(self.world.delays.stop)
        self.world.power_off(of)

    def isolate(self, machine: Machine, for_at_most: float) -> None:
        """The world's clock rejoins it; there is no other process that could be killed."""
        of = self._of(machine)
        self._end_timer(machine.name)
        self.world.isolate(of)
        self._timers[machine.name] = self.world.clock.after(
            for_at_most, lambda: self.world.rejoin(of)
        )

    def rejoin(self, machine: Machine) -> None:
        self._end_timer(machine.name)
        self.world.rejoin(self._of(machine))

    def _end_timer(self, machine: str) -> None:
        timer = self._timers.pop(machine, None)
        if timer is not None:
            timer.cancel()

    def console(self, machine: Machine) -> str:
        lines = [
            f"{message}\n"
            for _, name, unit, message in self.world.journal
            if (name, unit) == (machine.name, "kernel")
        ]
        return "".join(lines)

    def collect(self, machine: Machine, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{machine.name}.console").write_text(self.console(machine), "utf-8")

    def destroy(self) -> None:
        for name in list(self._timers):
            self._end_timer(name)
        self.world.remove_all()
        self._machines.clear()

    def close(self) -> None:
        if self._clock_before is not None:
            clock.install(self._clock_before)
            self._clock_before = None

    def _of(self, machine: Machine) -> SimulatedMachine:
        """Raises MachineNotFound."""
        self.machine(machine.name)
        return self.world.machines[machine.name]
