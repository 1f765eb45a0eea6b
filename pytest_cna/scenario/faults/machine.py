"""A machine is lost: a power cut."""

from __future__ import annotations

from typing import ClassVar

from pytest_cna.machines.providers.base import POWER_CUT
from pytest_cna.scenario.faults.base import Fault


class MachineLoss(Fault):
    """No process on the machine gets to say goodbye; undone by giving power again."""

    kind: ClassVar[str] = "machine loss"
    requires: ClassVar[frozenset[str]] = frozenset({POWER_CUT})

    def do(self) -> None:
        machine = self.cluster.machine(self.machine)
        self.cluster.provider.kill(machine)
        self.cluster.timeline.record("machine", "lost", self.machine)

    def undo(self) -> None:
        machine = self.cluster.machine(self.machine)
        self.cluster.provider.start(machine)
        self.cluster.timeline.record("machine", "started", self.machine)
