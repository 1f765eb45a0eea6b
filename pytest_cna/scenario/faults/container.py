"""A container is killed; nobody is told."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pytest_cna.scenario.faults.base import Fault


class ContainerKill(Fault):
    """SIGKILL to the container's first process; systemd is left to notice and restart."""

    kind: ClassVar[str] = "container kill"

    def do(self) -> None:
        self.cluster.machine(self.machine).check(
            f"docker kill --signal KILL {shlex.quote(self.subject)}"
        )

    def undo(self) -> None:
        """Nothing: bringing it back is what systemd is tested for."""
