"""Faults of a machine: a power cut."""

from __future__ import annotations

from typing import ClassVar

from pytest_cna.core.events.machine import MachineLost, MachineStarted
from pytest_cna.core.fault_kinds import MACHINE_LOSS, FaultKind
from pytest_cna.scenario.faults.base import Fault


class MachineLoss(Fault):
    """No process on the machine can end cleanly; undone by giving power again."""

    kind: ClassVar[FaultKind] = MACHINE_LOSS

    def do(self) -> None:
        machine = self.cluster.machine(self.machine)
        self.cluster.provider.kill(machine)
        self.cluster.timeline.record(MachineLost(self.machine))

    def undo(self) -> None:
        machine = self.cluster.machine(self.machine)
        self.cluster.provider.start(machine)
        self.cluster.timeline.record(MachineStarted(self.machine))
