"""A service is stopped in good order, through fleet."""

from __future__ import annotations

from typing import ClassVar

from pytest_cna.core.fault_kinds import SERVICE_STOP, FaultKind
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.faults.base import Fault

STOP_TIMEOUT = 60.0


class ServiceStop(Fault):
    """``fleetctl stop`` of a unit; undone by ``fleetctl start``."""

    kind: ClassVar[FaultKind] = SERVICE_STOP

    def do(self) -> None:
        fleet = self.cluster.fleet
        fleet.stop(self.subject)
        # fleet says "loaded" while systemd is still deactivating
        wait_for(
            lambda: {s.active for s in fleet.states() if s.name == self.subject},
            lambda active: active <= {"inactive", "failed"},
            waiting_for=f"systemd to have stopped {self.subject} on {self.machine}",
            timeout=STOP_TIMEOUT,
        )

    def undo(self) -> None:
        self.cluster.fleet.start(self.subject)
