"""fleet's engine and agents in a simulated cluster: where units are placed, what agents do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.errors import FleetUnable
from pytest_cna.core.model import UnitState
from pytest_cna.deployment.unit_pattern import matches
from pytest_cna.deployment.x_fleet import conflicts, metadata, peers

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.testing.defects import Defect
    from pytest_cna.testing.etcd import FakeEtcd
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings
    from pytest_cna.testing.systemd import FakeSystemd

UP = frozenset({"loaded", "launched"})


@dataclass(slots=True)
class Known:
    """A unit that was submitted. ``machine`` is empty while it is not scheduled."""

    name: str
    file: UnitFile
    desired: str
    machine: str = ""
    everywhere: bool = False
    """Whether it is global: on each machine that it fits."""


class FakeEngine:
    """Places units as fleet does: where metadata, conflicts and peers allow it, on the machine
    with the fewest; and takes a decision back only when the machine is lost."""

    def __init__(self, around: Surroundings, etcd: FakeEtcd, systemd: FakeSystemd) -> None:
        self.units: dict[str, Known] = {}
        self._around = around
        self._etcd = etcd
        self._systemd = systemd
        self._reported: dict[str, list[UnitState]] = {}
        around.defects.on_begin["unscheduled"] = [self._unschedule]

    def request(self) -> None:
        """Something was asked for: look at it soon."""
        self._around.clock.after(self._around.varied(self._around.delays.engine), self.run)

    def run(self) -> None:
        """One pass: forget lost machines, place what can be placed, have agents act."""
        if not self._etcd.serves:
            return
        for machine in self._around.machines.values():
            self._register(machine)
        alive = {each.name for each in self._around.machines.values() if each.registered}
        for unit in self.units.values():
            if unit.machine and (unit.machine not in alive or unit.desired == "inactive"):
                self._place(unit, "")
        for unit in self.units.values():
            if not unit.machine and unit.desired in UP and not unit.everywhere:
                self._place(unit, self._where(unit))
        for machine in self._around.machines.values():
            wait = self._around.varied(self._around.delays.agent)
            self._around.later(machine, wait, self._reconcile)

    def _register(self, machine: SimulatedMachine) -> None:
        """A machine that has booted again is registered only when its old registration expires."""
        now = self._around.clock.monotonic()
        longer = self._around.defects.value("agent ttl longer") or 0.0
        expired = now - machine.silent_since >= self._around.timing.agent_ttl + longer
        if machine.registered and not machine.joined and expired:
            machine.registered = 0
            self._around.changed()
        elif machine.reachable and not machine.registered and expired:
            machine.registered = machine.boots
            self._around.changed()
        if machine.joined:
            machine.silent_since = now

    def _place(self, unit: Known, machine: str) -> None:
        if unit.machine != machine:
            unit.machine = machine
            self._around.changed()

    def _where(self, unit: Known) -> str:
        defects = self._around.defects
        if defects.on("never scheduled", unit.name) or defects.on("unscheduled", unit.name):
            return ""
        fitting = [m for m in self._around.machines.values() if m.registered and _fits(unit, m)]
        on = {m.name: [u for u in self.units.values() if u.machine == m.name] for m in fitting}
        possible = [name for name, there in on.items() if _can_join(unit, there)]
        return min(possible, key=lambda name: (len(on[name]), name), default="")

    def _unschedule(self, defect: Defect) -> None:
        for unit in self.units.values():
            if defect.hits((unit.name,)):
                self._place(unit, "")
        self.request()

    def _reconcile(self, machine: SimulatedMachine) -> None:
        if not machine.joined:
            return
        systemd = self._systemd
        wanted = {
            unit.name: unit
            for unit in self.units.values()
            if unit.desired in UP
            and (unit.machine == machine.name or (unit.everywhere and _fits(unit, machine)))
        }
        for name in machine.processes.keys() - wanted.keys():
            systemd.unload(machine, name)
        for unit in wanted.values():
            systemd.load(machine, unit.name, unit.file)
        for unit in wanted.values():
            if unit.desired == "launched":
                systemd.start(machine, unit.name)
            else:
                systemd.stop(machine, unit.name)

    def remember(self, machine: SimulatedMachine) -> None:
        """What fleet goes on telling of a machine that is lost now."""
        if machine.joined:
            self._reported[machine.name] = self._states_on(machine)

    def states(self) -> list[UnitState]:
        found: list[UnitState] = []
        for machine in self._around.machines.values():
            if machine.joined:
                found += self._states_on(machine)
            elif machine.registered:
                found += self._reported.get(machine.name, [])
        return [each for each in found if not self.hides(each.name)]

    def hides(self, unit: str) -> bool:
        """Whether there is no row of it."""
        return self._around.defects.on("no state row", unit)

    def _states_on(self, machine: SimulatedMachine) -> list[UnitState]:
        return [
            UnitState(process.name, machine.id, "loaded", process.active, process.sub)
            for process in machine.processes.values()
            if not process.foreign
        ]

    @property
    def serves(self) -> bool:
        """Whether a machine's fleet can answer."""
        return not self._unable()

    def check(self) -> None:
        """Raises FleetUnable while no machine's fleet can answer."""
        why = self._unable()
        if why:
            raise FleetUnable(why)

    def _unable(self) -> str:
        """Why no machine's fleet can answer; empty when one can."""
        if not any(machine.reachable for machine in self._around.machines.values()):
            return "no machine's fleet answered in the simulated cluster"
        if not self._etcd.serves:
            return "no machine's fleet could answer: etcd has no quorum"
        if self._around.defects.on("fleet unable"):
            return "no machine's fleet could answer: HTTP 503, unable to communicate"
        return ""


def _fits(unit: Known, machine: SimulatedMachine) -> bool:
    wanted = metadata(unit.file, unit.name)
    return all(machine.spec.metadata.get(key) in values for key, values in wanted.items())


def _can_join(unit: Known, there: list[Known]) -> bool:
    if not set(peers(unit.file, unit.name)) <= {each.name for each in there}:
        return False
    return not any(
        any(matches(pattern, other.name) for pattern in conflicts(unit.file, unit.name))
        or any(matches(pattern, unit.name) for pattern in conflicts(other.file, other.name))
        for other in there
    )
