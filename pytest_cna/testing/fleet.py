"""fleet of a simulated cluster: what it knows, where its engine places units, what agents do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.cluster.fleet import NEXT_STEP, Fleet
from pytest_cna.core.errors import FleetRefused, FleetUnable
from pytest_cna.core.model import FleetMachine, Unit, UnitState
from pytest_cna.deployment.unit_pattern import matches
from pytest_cna.deployment.x_fleet import conflicts, is_global, metadata, peers

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.world import FakeWorld

UP = frozenset({"loaded", "launched"})


@dataclass(slots=True)
class Known:
    """A unit that was submitted. ``machine`` is empty while it is not scheduled."""

    name: str
    file: UnitFile
    desired: str
    machine: str = ""


class FakeEngine:
    """Places units as fleet does: where metadata, conflicts and peers allow it, on the machine
    with the fewest; and takes a decision back only when the machine is lost."""

    def __init__(self, world: FakeWorld) -> None:
        self.units: dict[str, Known] = {}
        self._world = world
        self._reported: dict[str, list[UnitState]] = {}

    def request(self) -> None:
        """Something was asked for: look at it soon."""
        self._world.clock.after(self._world.delays.engine, self.run)

    def run(self) -> None:
        """One pass: forget lost machines, place what can be placed, have agents act."""
        if not self._world.etcd.serves:
            return
        now = self._world.clock.monotonic()
        for machine in self._world.machines.values():
            expired = now - machine.silent_since >= self._world.timing.agent_ttl
            if machine.registered and not machine.reachable and expired:
                machine.registered = False
            elif machine.reachable and not machine.registered and expired:
                # registered again only when the registration before the loss has expired
                machine.registered = True
            if machine.registered and machine.reachable:
                machine.silent_since = now
        alive = {each.name for each in self._world.machines.values() if each.registered}
        for unit in self.units.values():
            if unit.machine and (unit.machine not in alive or unit.desired == "inactive"):
                unit.machine = ""
        for unit in self.units.values():
            if not unit.machine and unit.desired in UP and not is_global(unit.file):
                unit.machine = self._place(unit)
        for machine in self._world.machines.values():
            self._world.later(machine, self._world.delays.agent, self._reconcile)

    def _place(self, unit: Known) -> str:
        if self._world.is_broken("scheduled", unit.name):
            return ""
        fitting = [m for m in self._world.machines.values() if m.registered and _fits(unit, m)]
        on = {m.name: [u for u in self.units.values() if u.machine == m.name] for m in fitting}
        possible = [name for name, there in on.items() if _can_join(unit, there)]
        return min(possible, key=lambda name: (len(on[name]), name), default="")

    def _reconcile(self, machine: SimulatedMachine) -> None:
        if not (machine.reachable and machine.registered):
            return
        systemd = self._world.systemd
        wanted = {
            unit.name: unit
            for unit in self.units.values()
            if unit.desired in UP
            and (unit.machine == machine.name or (is_global(unit.file) and _fits(unit, machine)))
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
        self._reported[machine.name] = self._states_on(machine)

    def states(self) -> list[UnitState]:
        found: list[UnitState] = []
        for machine in self._world.machines.values():
            if machine.registered:
                lost = not machine.reachable
                found += self._reported[machine.name] if lost else self._states_on(machine)
        return found

    def _states_on(self, machine: SimulatedMachine) -> list[UnitState]:
        return [
            UnitState(process.name, machine.id, "loaded", process.active, process.sub)
            for process in machine.processes.values()
        ]

    def check(self) -> None:
        """Raises FleetUnable while no machine's fleet can answer."""
        if not any(machine.reachable for machine in self._world.machines.values()):
            raise FleetUnable("no machine's fleet answered in the simulated cluster")
        if not self._world.etcd.serves:
            raise FleetUnable("no machine's fleet could answer: etcd has no quorum")


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


class FakeFleet(Fleet):
    """``cluster.fleet.Fleet`` of a simulated cluster."""

    def __init__(self, world: FakeWorld) -> None:
        super().__init__([])
        self._world = world
        self._engine = world.engine

    def machines(self) -> list[FleetMachine]:
        self._engine.check()
        return [
            FleetMachine(each.id, each.address, each.spec.metadata)
            for each in self._world.machines.values()
            if each.registered
        ]

    def units(self) -> list[Unit]:
        self._engine.check()
        return [self._unit(known) for known in self._engine.units.values()]

    def unit(self, name: str) -> Unit | None:
        self._engine.check()
        known = self._engine.units.get(name)
        return self._unit(known) if known else None

    def states(self) -> list[UnitState]:
        self._engine.check()
        return self._engine.states()

    def submit(self, unit: str, file: UnitFile, desired_state: str = "inactive") -> None:
        self._engine.check()
        known = self._engine.units.setdefault(unit, Known(unit, file, desired_state))
        known.file, known.desired = file, desired_state
        self._engine.request()

    def destroy(self, unit: str) -> None:
        self._engine.check()
        self._engine.units.pop(unit, None)
        self._engine.request()

    def _set(self, unit: str, desired_state: str) -> None:
        self._engine.check()
        if unit not in self._engine.units:
            raise FleetRefused(
                f"the simulated fleet refused PUT units/{unit}: unit does not exist (HTTP 404); "
                f"{NEXT_STEP[404]}"
            )
        self._engine.units[unit].desired = desired_state
        self._engine.request()

    def _unit(self, known: Known) -> Unit:
        machine = self._world.machines.get(known.machine)
        process = machine.processes.get(known.name) if machine else None
        current = "loaded" if known.machine else "inactive"
        if process is not None and process.active in {"active", "activating"}:
            current = "launched"
        return Unit(known.name, known.desired, current, machine.id if machine else "")
