"""Faults of a container: kill and pause, unnoticed by systemd."""

from __future__ import annotations

from typing import ClassVar

from pytest_cna.cluster.engine.docker import Docker, unpause
from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, FaultKind
from pytest_cna.scenario.faults.base import Fault


class ContainerKill(Fault):
    """SIGKILL to the container's first process; systemd has to notice it and restart it."""

    kind: ClassVar[FaultKind] = CONTAINER_KILL

    def do(self) -> None:
        Docker(self.cluster.machine(self.machine)).kill(self.subject)

    def undo(self) -> None:
        """Nothing: bringing it back is what systemd is tested for."""


class ContainerPause(Fault):
    """Every process of the container stands still (``docker pause``): connections stay open and
    are not answered. Undone by ``docker unpause``."""

    kind: ClassVar[FaultKind] = CONTAINER_PAUSE

    def do(self) -> None:
        Docker(self.cluster.machine(self.machine)).pause(self.subject)

    def undo(self) -> None:
        Docker(self.cluster.machine(self.machine)).resume(self.subject)

    @property
    def dead_man(self) -> str:
        return unpause(self.subject)
