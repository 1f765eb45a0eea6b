"""Where the machines of a cluster, its etcd and its fleet are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.machines.ignition import ETCD_CLIENT_PORT, FLEET_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_cna.core.machine import Machine
    from pytest_cna.core.model import FleetMachine


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What clients and observers have to know of a cluster; by default, of one without machines."""

    machines: tuple[Machine, ...] = ()
    fleet_timeout: float = 5.0
    """Seconds that fleet has to answer."""

    @property
    def fleet(self) -> list[str]:
        """``http://address:port`` of fleet's API on each machine."""
        return [f"http://{machine.address}:{FLEET_PORT}" for machine in self.machines]

    @property
    def etcd(self) -> list[str]:
        """``address:port`` of each etcd member."""
        members = [machine for machine in self.machines if machine.member]
        return [f"{machine.address}:{ETCD_CLIENT_PORT}" for machine in members]

    @property
    def names(self) -> dict[str, str]:
        """Address → name of each machine."""
        return {machine.address: machine.name for machine in self.machines}


def names_by_id(listed: Iterable[FleetMachine], names: Mapping[str, str]) -> dict[str, str]:
    """fleet's id → name of each machine in a list of fleet's; its address when ``names``, address →
    name, does not have it."""
    return {machine.id: names.get(machine.address, machine.address) for machine in listed}
