"""One simulated machine: its power, its units as systemd knows them, its containers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.machines.spec import MachineSpec


@dataclass(slots=True)
class Container:
    """``since`` is when it started (monotonic seconds)."""

    name: str
    status: Literal["created", "running", "paused"]
    since: float


@dataclass(slots=True)
class Process:
    """A unit on one machine; ``active``, ``sub`` and ``result`` are systemd's words."""

    name: str
    file: UnitFile
    wanted: bool = False
    """Whether fleet wants it launched."""
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    turn: int = 0
    """Counts its changes of state, so that a timer set before one knows that it is too late."""

    def become(self, active: str, sub: str, result: str = "success") -> None:
        self.active, self.sub, self.result = active, sub, result
        self.turn += 1

    @property
    def bound_to(self) -> tuple[str, ...]:
        """Units without which it does not run."""
        return tuple(
            name
            for value in self.file.values("Unit", "BindsTo", self.name)
            for name in value.split()
        )


@dataclass(slots=True)
class SimulatedMachine:
    spec: MachineSpec
    id: str
    """fleet's."""
    power: bool = False
    up: bool = False
    """Whether it has booted."""
    isolated: bool = False
    registered: bool = False
    """Whether it is in fleet's list."""
    silent_since: float = 0.0
    """When fleet's agent on it was heard last (monotonic seconds)."""
    drift: float = 0.0
    """Seconds its clock is ahead."""
    boots: int = 0
    processes: dict[str, Process] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    unseen: list[dict[str, object]] = field(default_factory=list)
    """Docker's events while it was isolated."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def address(self) -> str:
        return self.spec.address

    @property
    def reachable(self) -> bool:
        return self.up and not self.isolated

    def lose_power(self) -> None:
        """What is in memory is gone, and every container with it."""
        self.power = self.up = False
        self.processes.clear()
        self.containers.clear()
        self.unseen.clear()
