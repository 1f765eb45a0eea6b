"""Instances of a simulated cluster: where they run, and whether they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.defects import Defect
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings

EXACT = 1e-6
"""Seconds: what the clock counts in, whose sums may be off by less."""


class FakeInstances:
    """Of all machines."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        around.defects.on_begin["flapping"] = [self._flap]

    def answers(self, machine: SimulatedMachine, unit: DeployedUnit) -> bool:
        """Whether the instance of ``unit`` on ``machine`` answers requests, should they reach it.
        One that was revived without its unit does too."""
        process = machine.processes.get(unit.name)
        if not unit.container:
            return process is not None and process.active == "active"
        container = machine.containers.get(unit.container)
        if container is None or container.status == "paused":
            return False
        if process is not None and process.active == "deactivating":
            return False
        defects, now = self._around.defects, self._around.clock.monotonic()
        if defects.on("mute", unit.name):
            return False
        flaps = defects.find("flapping", unit.name)
        if flaps is not None and int((now - flaps.since) / _half(flaps) + EXACT) % 2:
            return False
        return container.status == "created" or now >= container.answers_from - EXACT

    def at(self, ip: str, port: int) -> tuple[SimulatedMachine, DeployedUnit] | None:
        """The announced main unit that runs there, answering or not."""
        machine = self.machine_at(ip)
        return _first_on(machine, self._around.announced_at(port)) if machine else None

    def announced_answers(self, entry: DiscoveryEntry) -> bool:
        """Whether what is announced is there, can be reached and answers."""
        found = self.at(entry.ip, entry.port)
        return found is not None and found[0].reachable and self.answers(*found)

    def balancer_at(self, ip: str) -> tuple[SimulatedMachine, DeployedUnit] | None:
        """The load balancer that runs on the machine with that address, answering or not; None
        also while the machine cannot be reached."""
        machine = self.machine_at(ip)
        if machine is None or not machine.reachable:
            return None
        return _first_on(machine, self._around.balancers)

    def machine_at(self, ip: str) -> SimulatedMachine | None:
        return next((m for m in self._around.machines.values() if m.address == ip), None)

    def _flap(self, defect: Defect) -> None:
        timer = self._around.clock.every(_half(defect), self._around.changed)
        defect.ends.append(timer.cancel)


def _first_on(
    machine: SimulatedMachine, units: Iterable[DeployedUnit]
) -> tuple[SimulatedMachine, DeployedUnit] | None:
    """The machine with the first of ``units`` that it has a process or a container of."""
    found = (u for u in units if u.name in machine.processes or u.container in machine.containers)
    unit = next(found, None)
    return (machine, unit) if unit else None


def _half(flaps: Defect) -> float:
    """Seconds that it answers, and seconds that it does not."""
    return max(0.1, flaps.value)
