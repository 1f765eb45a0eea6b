"""fleet's API in a simulated cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.cluster.fleet import NEXT_STEP, Fleet
from pytest_cna.core.errors import FleetRefused
from pytest_cna.core.model import FleetMachine, Unit, UnitState
from pytest_cna.deployment.x_fleet import is_global
from pytest_cna.testing.engine import Known

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.testing.engine import FakeEngine
    from pytest_cna.testing.surroundings import Surroundings


class FakeFleet(Fleet):
    """``cluster.fleet.Fleet`` of a simulated cluster."""

    def __init__(self, around: Surroundings, engine: FakeEngine) -> None:
        super().__init__([])
        self._around = around
        self._engine = engine

    def machines(self) -> list[FleetMachine]:
        self._engine.check()
        return [
            FleetMachine(each.id, each.address, each.spec.metadata)
            for each in self._around.machines.values()
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
        known.everywhere = is_global(file)
        self._around.changed()
        self._engine.request()

    def destroy(self, unit: str) -> None:
        self._engine.check()
        self._engine.units.pop(unit, None)
        self._around.changed()
        self._engine.request()

    def _set(self, unit: str, desired_state: str) -> None:
        self._engine.check()
        if unit not in self._engine.units:
            raise FleetRefused(
                f"the simulated fleet refused PUT units/{unit}: unit does not exist (HTTP 404); "
                f"{NEXT_STEP[404]}"
            )
        self._engine.units[unit].desired = desired_state
        self._around.changed()
        self._engine.request()

    def _unit(self, known: Known) -> Unit:
        machine = self._around.machines.get(known.machine)
        process = machine.processes.get(known.name) if machine else None
        current = "loaded" if known.machine else "inactive"
        if process is not None and process.active in {"active", "activating"}:
            current = "launched"
        return Unit(known.name, known.desired, current, machine.id if machine else "")
