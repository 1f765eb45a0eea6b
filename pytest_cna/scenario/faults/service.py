"""Faults of a service: a unit is stopped through fleet."""

from __future__ import annotations

from typing import ClassVar

from pytest_cna.cluster.systemd import properties
from pytest_cna.core.errors import ProductFailed, TransportError, WaitTimeout
from pytest_cna.core.fault_kinds import SERVICE_STOP, FaultKind
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.faults.base import Fault
from pytest_cna.scenario.ordering import order


class ServiceStop(Fault):
    """``fleetctl stop`` of a unit; undone by ``fleetctl start``. Raises ProductFailed when systemd
    has not stopped it within its bound."""

    kind: ClassVar[FaultKind] = SERVICE_STOP

    def do(self) -> None:
        order(self.cluster.fleet.stop, self.subject)
        machine = self.cluster.machine(self.machine)
        # systemd is asked, not fleet: that says "loaded" while the unit is still deactivating, and
        # may have no row of it for a while
        command = f"systemctl show -p ActiveState {self.subject}"

        def active() -> str:
            return properties(machine.check(command)).get("ActiveState", "")

        try:
            wait_for(
                active,
                lambda state: state in {"inactive", "failed"},
                waiting_for=f"systemd to have stopped {self.subject} on {self.machine}",
                timeout=self.limit,
                transient=(TransportError,),
            )
        except WaitTimeout as error:
            if error.unable:
                raise
            raise ProductFailed(
                f"{self.subject} was not stopped within its bound: {self.limit:.1f} s after fleet "
                f"was asked to stop it, systemd on {self.machine} still says {error.last_seen}"
            ) from error

    def undo(self) -> None:
        order(self.cluster.fleet.start, self.subject)
