"""A container is killed or paused, without a word to its unit."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, FaultKind
from pytest_cna.scenario.faults.base import Fault


class ContainerKill(Fault):
    """SIGKILL to the container's first process; systemd has to notice it and restart it."""

    kind: ClassVar[FaultKind] = CONTAINER_KILL

    def do(self) -> None:
        self.cluster.machine(self.machine).check(
            f"docker kill --signal KILL {shlex.quote(self.subject)}"
        )

    def undo(self) -> None:
        """Nothing: bringing it back is what systemd is tested for."""


class ContainerPause(Fault):
    """Every process of the container stands still (``docker pause``): connections stay open and
    are not answered. Undone by ``docker unpause``."""

    kind: ClassVar[FaultKind] = CONTAINER_PAUSE

    def do(self) -> None:
        self.cluster.machine(self.machine).check(f"docker pause {shlex.quote(self.subject)}")

    def undo(self) -> None:
        machine = self.cluster.machine(self.machine)
        name = shlex.quote(self.subject)
        # a container that is gone, or goes on already, needs nothing
        paused = machine.run(f"docker inspect --format '{{{{.State.Paused}}}}' {name}").stdout
        if paused.strip() == "true":
            machine.check(self.dead_man)

    @property
    def dead_man(self) -> str:
        return f"docker unpause {shlex.quote(self.subject)}"
