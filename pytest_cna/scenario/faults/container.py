"""A container is killed, without a word to its unit."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pytest_cna.core.fault_kinds import CONTAINER_KILL, FaultKind
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
