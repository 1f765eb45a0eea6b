"""What every part of a simulated cluster stands on: its time, machines, units and defects."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_cna.core.timing import NATIVE
from pytest_cna.testing.clock import FakeClock
from pytest_cna.testing.defects import Defects
from pytest_cna.testing.delays import Delays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.core.timing import Timing
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.defect_kinds import DefectKind
    from pytest_cna.testing.machine import SimulatedMachine


class Surroundings:
    """Not thread-safe, but for its clock."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.delays = Delays()
        self.timing: Timing = NATIVE
        self.machines: dict[str, SimulatedMachine] = {}
        self.journal: list[tuple[float, str, str, str]] = []
        """Unix time, machine, unit, message."""
        self.lost: set[str] = set()
        """Ids that customers created and that are not there any more."""
        self.on_change: list[Callable[[], None]] = []
        """Called once for each instant at which anything changed, when all of it has."""
        self.defects = Defects(self.clock, self._names_of)
        self.defects.on_change.append(self.changed)
        self.mains: tuple[DeployedUnit, ...] = ()
        """Its main units."""
        self.balancers: tuple[DeployedUnit, ...] = ()
        """The main units of the load balancer."""
        self.deployment = None
        self.version = 0
        """How often anything has changed: while it stays the same, so does all that observers see.
        """
        self._changed_at: float | None = None
        self._random = random.Random(0)
        self._seed = 0

    @property
    def deployment(self) -> Deployment | None:
        """What the units stand for; known once a deployment is watched."""
        return self._deployment

    @deployment.setter
    def deployment(self, deployment: Deployment | None) -> None:
        self._deployment = deployment
        units = deployment.units if deployment else ()
        self._units = {unit.name: unit for unit in units}
        self.mains = tuple(deployment.mains) if deployment else ()
        self.balancers = tuple(unit for unit in self.mains if unit.service.stats_port)
        self._announced: dict[str, list[DeployedUnit]] = {}
        for unit in self.mains:
            if unit.service.announced:
                self._announced.setdefault(unit.instance, []).append(unit)

    def unit(self, name: str) -> DeployedUnit | None:
        """Of the deployment, if it is of it."""
        return self._units.get(name)

    def announced_at(self, port: int) -> Sequence[DeployedUnit]:
        """The main units of announced services whose instance is that port."""
        return self._announced.get(str(port), ())

    def later(
        self, machine: SimulatedMachine, seconds: float, what: Callable[[SimulatedMachine], None]
    ) -> None:
        """On ``machine``, unless it has lost power by then."""
        boots = machine.boots

        def due() -> None:
            if machine.power and machine.boots == boots:
                what(machine)

        self.clock.after(seconds, due)

    def every(self, seconds: float, what: Callable[[], object]) -> Timer:
        """Again and again; with jitter, from a moment of its own on."""
        return self.clock.every(seconds, what, first=self.varied(seconds))

    def varied(self, seconds: float) -> float:
        """What ``delays.jitter`` makes of a time: as long, or shorter."""
        jitter = self.delays.jitter
        if not jitter:
            return seconds
        if self._seed != self.delays.seed:
            self._seed = self.delays.seed
            self._random.seed(self._seed)
        return seconds * (1 - jitter * self._random.random())

    def changed(self) -> None:
        """Something is not as it was."""
        self.version += 1
        now = self.clock.monotonic()
        if self._changed_at != now:
            self._changed_at = now
            self.clock.after(0.0, self._tell)

    def _tell(self) -> None:
        self._changed_at = None
        for callback in list(self.on_change):
            callback()

    def log(self, machine: SimulatedMachine, unit: str, message: str) -> None:
        """A line of the machine's journal."""
        self.journal.append((self.clock.wall(), machine.name, unit, message))

    def _names_of(self, kind: DefectKind, on: str) -> frozenset[str] | None:
        """The units or machines that the ``on`` of a defect stands for, None for all. Raises
        ValueError, or ConfigurationError for a service that there is not."""
        if not on:
            return None
        if kind.on == "machine" and on not in self.machines:
            raise ValueError(f"'{kind.name}' is of a machine: {', '.join(self.machines)}, not {on}")
        if kind.on == "cluster":
            raise ValueError(f"'{kind.name}' is of the whole cluster, not of {on}")
        if kind.on == "machine" or self._deployment is None or on in self._units:
            return frozenset({on})
        service = self._deployment.service(on)
        return frozenset(name for name, unit in self._units.items() if unit.service == service)
