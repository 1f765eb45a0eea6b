"""Sidekicks of a simulated cluster: each probes one instance, announces it and withdraws it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.etcd import FakeEtcd
    from pytest_cna.testing.instances import FakeInstances
    from pytest_cna.testing.machine import Process, SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings
    from pytest_cna.testing.systemd import FakeSystemd


class FakeSidekicks:
    """An instance is announced while its sidekick runs and finds that it answers. Of a service that
    has no sidekick, the main unit announces itself."""

    def __init__(
        self, around: Surroundings, etcd: FakeEtcd, instances: FakeInstances, systemd: FakeSystemd
    ) -> None:
        self._around = around
        self._etcd = etcd
        self._instances = instances
        self._timers: dict[tuple[str, str], Timer] = {}
        self._entries: dict[tuple[str, str], list[DiscoveryEntry]] = {}
        systemd.on_up.append(self._up)
        systemd.on_down.append(self._down)

    def forget(self, machine: SimulatedMachine) -> None:
        """It lost power: nothing of it probes any more, and no lease of it is renewed."""
        for key in [key for key in self._timers if key[0] == machine.name]:
            self._timers.pop(key).cancel()
        for key in [key for key in self._entries if key[0] == machine.name]:
            del self._entries[key]

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        main = self._announces(process)
        if main is not None:
            self._entries.pop((machine.name, process.name), None)  # of the one that ran before
            self._timers[machine.name, process.name] = self._around.every(
                self._around.delays.probe, lambda: self._probe(machine, process.name, main)
            )
            self._probe(machine, process.name, main)

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        timer = self._timers.pop((machine.name, process.name), None)
        main = self._announces(process)
        if timer is not None and main is not None:
            timer.cancel()
            self._withdraw(machine, process.name, main)

    def _probe(self, machine: SimulatedMachine, sidekick: str, main: DeployedUnit) -> None:
        if not (machine.reachable and self._etcd.serves):
            return
        has = self._around.defects.on
        standing = [
            entry
            for entry in self._entries.get((machine.name, sidekick), ())
            if entry in self._etcd.entries
        ]
        if self._instances.answers(machine, main) or has("announces early", main.name, sidekick):
            if standing:
                self._renew(standing)
            elif not has("never announced", main.name, sidekick):
                self._announce(machine, sidekick, main)
        elif has("keeps announcing", main.name, sidekick):
            self._renew(standing)
        else:
            self._withdraw(machine, sidekick, main)

    def _renew(self, entries: list[DiscoveryEntry]) -> None:
        for entry in entries:
            self._etcd.renew(entry)

    def _announce(self, machine: SimulatedMachine, sidekick: str, main: DeployedUnit) -> None:
        twice = self._around.defects.on("announces twice", main.name, sidekick)
        # the same whenever this unit runs on this machine: a restart overwrites its own entry
        uuid = str(uuid5(UUID(machine.id), main.name))
        self._entries[machine.name, sidekick] = [
            self._etcd.announce(main.service.name, machine, int(main.instance), each)
            for each in ([uuid, ""] if twice else [uuid])
        ]

    def _withdraw(self, machine: SimulatedMachine, sidekick: str, main: DeployedUnit) -> None:
        if self._around.defects.on("never withdrawn", main.name, sidekick):
            return
        if machine.reachable and self._etcd.serves:
            for entry in self._entries.pop((machine.name, sidekick), ()):
                self._etcd.withdraw(entry)

    def _announces(self, process: Process) -> DeployedUnit | None:
        """The main unit that this one announces, if it announces any."""
        deployment, unit = self._around.deployment, self._around.unit(process.name)
        if deployment is None or unit is None or not unit.service.announced:
            return None
        if not unit.instance.isdigit():
            return None  # an entry needs a port
        if unit.role == "main":
            return None if deployment.sidekick_of(unit) else unit
        mains = deployment.main_units(unit.service)
        return next((main for main in mains if main.instance == unit.instance), None)
