"""Sidekicks of a simulated cluster: each probes one instance, announces it and withdraws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.machine import Process, SimulatedMachine
    from pytest_cna.testing.world import FakeWorld


class FakeSidekicks:
    """An instance is announced while its sidekick runs and finds that it answers. Of a service that
    has no sidekick, the main unit announces itself."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world
        self._timers: dict[tuple[str, str], Timer] = {}
        self._entries: dict[tuple[str, str], DiscoveryEntry] = {}
        world.systemd.on_up.append(self._up)
        world.systemd.on_down.append(self._down)

    def forget(self, machine: SimulatedMachine) -> None:
        """It lost power: nothing of it probes any more, and no lease of it is renewed."""
        for key in [key for key in self._timers if key[0] == machine.name]:
            self._timers.pop(key).cancel()
            self._entries.pop(key, None)

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        main = self._announces(process)
        if main is not None:
            every = self._world.clock.every
            self._timers[machine.name, process.name] = every(
                self._world.delays.probe, lambda: self._probe(machine, process.name, main)
            )
            self._probe(machine, process.name, main)

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        timer = self._timers.pop((machine.name, process.name), None)
        if timer is not None:
            timer.cancel()
            self._withdraw(machine, process.name)

    def _probe(self, machine: SimulatedMachine, sidekick: str, main: DeployedUnit) -> None:
        etcd = self._world.etcd
        if not (machine.reachable and etcd.serves):
            return
        entry = self._entries.get((machine.name, sidekick))
        if not self._world.answers(machine, main):
            self._withdraw(machine, sidekick)
        elif entry is not None and entry in etcd.entries:
            etcd.renew(entry)
        elif not self._world.is_broken("announced", main.name):
            self._entries[machine.name, sidekick] = etcd.announce(
                main.service.name, machine, int(main.instance)
            )

    def _withdraw(self, machine: SimulatedMachine, sidekick: str) -> None:
        entry = self._entries.get((machine.name, sidekick))
        if entry is None or self._world.is_broken("withdrawn", sidekick):
            return
        if machine.reachable and self._world.etcd.serves:
            del self._entries[machine.name, sidekick]
            self._world.etcd.withdraw(entry)

    def _announces(self, process: Process) -> DeployedUnit | None:
        """The main unit that this one announces, if it announces any."""
        deployment, unit = self._world.deployment, self._world.unit(process.name)
        if deployment is None or unit is None or not unit.service.announced:
            return None
        if not unit.instance.isdigit():
            return None  # an entry needs a port
        if unit.role == "main":
            return None if deployment.sidekick_of(unit) else unit
        mains = deployment.main_units(unit.service)
        return next((main for main in mains if main.instance == unit.instance), None)
