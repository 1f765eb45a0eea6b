"""confd and HAProxy in the containers of a simulated cluster: who follows discovery, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.cluster.load_balancer import LoadBalancer
from pytest_cna.core.errors import RoutingError
from pytest_cna.core.model import DiscoveryEntry, Server

if TYPE_CHECKING:
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.machine import Process, SimulatedMachine
    from pytest_cna.testing.world import FakeWorld


@dataclass(slots=True)
class Rendered:
    """A configuration as confd wrote it: of the balancer, or of the application."""

    entries: list[DiscoveryEntry] = field(default_factory=list)
    at: float = 0.0
    """Unix time."""
    down: set[DiscoveryEntry] = field(default_factory=set)
    """Those that HAProxy's checks found without an answer."""


class FakeFollowers:
    """confd in each container of the load balancer and of a service that has the application's
    code, by machine and unit."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world
        self._rendered: dict[tuple[str, str], Rendered] = {}
        world.systemd.on_up.append(self._up)
        world.systemd.on_down.append(self._down)
        world.etcd.on_change.append(self._changed)

    def rendered(self, machine: SimulatedMachine, unit: DeployedUnit) -> Rendered:
        """What the unit's container goes by, empty before the first time."""
        return self._rendered.get((machine.name, unit.name), Rendered())

    def servers(self, machine: SimulatedMachine, balancer: DeployedUnit) -> dict[str, list[Server]]:
        """HAProxy's backends with their servers."""
        deployment = self._world.deployment
        assert deployment is not None
        rendered = self.rendered(machine, balancer)
        return {
            service.backend: [
                Server(
                    service.backend,
                    entry.server,
                    "DOWN" if entry in rendered.down else "UP",
                    "L4CON" if entry in rendered.down else "L7OK",
                    0,
                )
                for entry in rendered.entries
                if entry.service == service.name
            ]
            for service in deployment.services
            if service.backend
        }

    def check(self) -> None:
        """HAProxy's health checks, once."""
        for rendered in self._rendered.values():
            rendered.down = {
                entry for entry in rendered.entries if not self._world.instance_answers(entry)
            }

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        unit = self._world.unit(process.name)
        follows = unit is not None and unit.role == "main"
        if unit is not None and follows and (unit.service.stats_port or unit.service.code):
            self._rendered[machine.name, process.name] = Rendered()
            self._render(machine, process.name)

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        self._rendered.pop((machine.name, process.name), None)

    def forget(self, machine: SimulatedMachine) -> None:
        """It lost power."""
        for key in [key for key in self._rendered if key[0] == machine.name]:
            del self._rendered[key]

    def _changed(self) -> None:
        for name, unit in list(self._rendered):
            self._world.later(
                self._world.machines[name],
                self._world.delays.render,
                lambda machine, unit=unit: self._render(machine, unit),  # type: ignore[misc]
            )

    def _render(self, machine: SimulatedMachine, unit: str) -> None:
        rendered = self._rendered.get((machine.name, unit))
        reads = machine.reachable and self._world.etcd.serves
        if rendered is not None and reads and not self._world.is_broken("rendered", unit):
            rendered.entries = list(self._world.etcd.entries)
            rendered.at = self._world.clock.wall()
            rendered.down &= set(rendered.entries)


class FakeLoadBalancer(LoadBalancer):
    """``cluster.load_balancer.LoadBalancer`` of a simulated cluster."""

    def __init__(self, world: FakeWorld, address: str, stats_port: int) -> None:
        super().__init__(address, stats_port)
        self._world = world

    def backends(self) -> dict[str, list[Server]]:
        found = self._world.balancer_at(self.address)
        if found is None:
            raise RoutingError(
                f"the load balancer's statistics at {self.url} cannot be read: no answer in time"
            )
        return self._world.followers.servers(*found)
