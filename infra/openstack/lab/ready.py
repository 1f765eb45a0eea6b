"""Readiness of services without an address: each must have reported since its process started."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from errors import LabError, WaitTimeout
from waiting import wait_for

if TYPE_CHECKING:
    from lab import Lab
    from supervisor_client import Supervisor

COMPUTE = {"nova-conductor", "nova-scheduler", "nova-compute"}
NETWORK = {"neutron-linuxbridge-agent", "neutron-dhcp-agent", "neutron-metadata-agent"}


def wait_until_ready(
    lab: Lab,
    supervisor: Supervisor,
    cloud: Any,  # noqa: ANN401  openstacksdk has no types
    timeout: float = 90,
) -> None:
    """Wait for all services. Raises LabError with the first that does not report, and its log."""

    def look() -> set[str]:
        reports = {
            each.binary: each.updated_at for each in cloud.compute.services() if each.state == "up"
        }
        reports |= {
            each.binary: each.last_heartbeat_at for each in cloud.network.agents() if each.is_alive
        }
        silent = {
            name
            for name in COMPUTE | NETWORK
            if name not in reports or _moment(reports[name]) < supervisor.started(name) - 1
        }
        if not silent and not list(cloud.compute.hypervisors()):
            return {"nova-scheduler (the compute host is not in its cell yet)"}
        return silent

    def alive() -> None:
        for name in (*COMPUTE, *NETWORK, "heat-engine"):
            supervisor.started(name)

    try:
        wait_for(
            look,
            lambda silent: not silent,
            waiting_for="every service to report",
            timeout=timeout,
            interval=0.5,
            alive=alive,
            show=lambda silent: f"nothing from {', '.join(sorted(silent))}",
        )
    except WaitTimeout as error:
        first = sorted(look() or {"nova-compute"})[0].split()[0]
        raise LabError(f"{error}; first {first}", lab.log(first)) from error


def _moment(written: str | None) -> float:
    """Seconds of the wall clock, 0 for never; OpenStack writes UTC, with or without a time zone."""
    if written is None:
        return 0
    moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
