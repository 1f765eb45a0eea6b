"""One simulated machine: its power, its units as systemd knows them, its containers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.machines.spec import MachineSpec


@dataclass(slots=True, eq=False)
class Container:
    """Times are monotonic seconds."""

    name: str
    status: Literal["created", "running", "paused", "exited"]
    since: float
    """When it started."""
    answers_from: float
    """When what runs in it is ready."""
    exit_code: str = ""
    """Once it has ended."""
    requests: deque[float] = field(default_factory=deque)
    """When it was sent those of the last second."""

    @property
    def ended_cleanly(self) -> bool:
        """Whether it finished what it had begun."""
        return self.exit_code == "0"


@dataclass(slots=True, eq=False)
class Process:
    """A unit on one machine; ``active``, ``sub`` and ``result`` are systemd's words."""

    name: str
    file: UnitFile
    wanted: bool = False
    """Whether it is to be started: by fleet, or by the machine itself."""
    kept: bool = True
    """Whether fleet has it on this machine; if not, it is unknown once it has ended."""
    foreign: bool = False
    """Whether the machine started it by itself: fleet does not know it."""
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


@dataclass(slots=True, eq=False)
class SimulatedMachine:
    spec: MachineSpec
    id: str
    """fleet's."""
    power: bool = False
    up: bool = False
    """Whether it has booted."""
    isolated: bool = False
    registered: int = 0
    """The boot with which it is in fleet's list; 0 while it is not."""
    silent_since: float = 0.0
    """When fleet's agent on it was heard last (monotonic seconds)."""
    drift: float = 0.0
    """Seconds its clock is ahead."""
    boots: int = 0
    processes: dict[str, Process] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    old_processes: list[Process] = field(default_factory=list)
    """Those it had when it lost power."""
    old_containers: list[Container] = field(default_factory=list)
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

    @property
    def joined(self) -> bool:
        """Whether fleet's agent on it works: it can be reached, and fleet lists this boot of it."""
        return self.reachable and self.registered == self.boots

    def lose_power(self) -> None:
        """What is in memory is gone, and every container with it."""
        self.power = self.up = False
        self.old_processes = list(self.processes.values())
        self.old_containers = list(self.containers.values())
        self.processes.clear()
        self.containers.clear()
        self.unseen.clear()
