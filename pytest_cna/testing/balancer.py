"""confd and HAProxy in the containers of a simulated cluster: who follows discovery, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.cluster.load_balancer import LoadBalancer
from pytest_cna.core.errors import RoutingError
from pytest_cna.core.model import DiscoveryEntry, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.etcd import FakeEtcd
    from pytest_cna.testing.instances import FakeInstances
    from pytest_cna.testing.machine import Process, SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings
    from pytest_cna.testing.systemd import FakeSystemd

RETRY = 0.5
"""Seconds until a confd that could not read etcd tries again."""


@dataclass(slots=True)
class Rendered:
    """A configuration as confd wrote it: of the balancer, or of the application."""

    entries: tuple[DiscoveryEntry, ...] = ()
    """Those that it names."""
    at: float = 0.0
    """When its text changed last, in Unix time."""
    used: tuple[DiscoveryEntry, ...] = ()
    """Those that HAProxy, which was told to follow, has as servers."""
    down: set[DiscoveryEntry] = field(default_factory=set)
    """Those that HAProxy's checks found without an answer."""
    waiting: bool = False
    """Whether confd could not read etcd, and tries again."""


class FakeFollowers:
    """confd in each container of the load balancer and of a service that has the application's
    code, by machine and unit; and HAProxy in the load balancer's."""

    def __init__(
        self, around: Surroundings, etcd: FakeEtcd, instances: FakeInstances, systemd: FakeSystemd
    ) -> None:
        self._around = around
        self._etcd = etcd
        self._instances = instances
        self._rendered: dict[tuple[str, str], Rendered] = {}
        systemd.on_up.append(self._up)
        systemd.on_down.append(self._down)
        etcd.on_change.append(self._changed)
        for name in ("never rendered", "never reloaded"):
            around.defects.on_begin[name] = [lambda defect: defect.ends.append(self._changed)]

    def rendered(self, machine: SimulatedMachine, unit: DeployedUnit) -> Rendered:
        """What the unit's container goes by, empty before the first time."""
        return self._rendered.get((machine.name, unit.name), Rendered())

    def up(self, machine: SimulatedMachine, balancer: DeployedUnit) -> list[DiscoveryEntry]:
        """Where HAProxy sends requests."""
        rendered = self.rendered(machine, balancer)
        if self._around.defects.on("no check", balancer.name):
            return list(rendered.used)
        return [entry for entry in rendered.used if self._status(balancer, rendered, entry)[0]]

    def servers(self, machine: SimulatedMachine, balancer: DeployedUnit) -> dict[str, list[Server]]:
        """HAProxy's backends with their servers."""
        deployment = self._around.deployment
        assert deployment is not None
        rendered = self.rendered(machine, balancer)
        found: dict[str, list[Server]] = {
            service.backend: [] for service in deployment.services if service.backend
        }
        backends = {service.name: service.backend for service in deployment.services}
        for entry in rendered.used:
            up, check = self._status(balancer, rendered, entry)
            status = "no check" if not check else "UP" if up else "DOWN"
            backend = backends[entry.service]
            found[backend].append(Server(backend, entry.server, status, check, 0))
        return found

    def _status(
        self, balancer: DeployedUnit, rendered: Rendered, entry: DiscoveryEntry
    ) -> tuple[bool, str]:
        """Whether a server is up, and the result of its check, empty without a check."""
        defects = self._around.defects
        if defects.on("no check", balancer.name):
            return False, ""
        if defects.on("checks pass", balancer.name):
            return True, "L7OK"
        if defects.on("checks fail", balancer.name):
            return False, "L7STS"
        down = entry in rendered.down
        return not down, "L4CON" if down else "L7OK"

    def check(self) -> None:
        """HAProxy's health checks, once."""
        for rendered in self._rendered.values():
            down = {
                entry for entry in rendered.used if not self._instances.announced_answers(entry)
            }
            if down != rendered.down:
                rendered.down = down
                self._around.changed()

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        unit = self._around.unit(process.name)
        follows = unit is not None and unit.role == "main"
        if unit is not None and follows and (unit.service.stats_port or unit.service.code):
            self._rendered[machine.name, process.name] = Rendered()
            self._render(machine, unit)

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        if self._rendered.pop((machine.name, process.name), None) is not None:
            self._around.changed()

    def forget(self, machine: SimulatedMachine) -> None:
        """It lost power."""
        for key in [key for key in self._rendered if key[0] == machine.name]:
            del self._rendered[key]

    def _changed(self) -> None:
        for name, unit in self._followers():
            self._around.later(
                self._around.machines[name],
                self._around.varied(self._around.delays.render),
                lambda machine, unit=unit: self._render(machine, unit),  # type: ignore[misc]
            )

    def _followers(self) -> Iterator[tuple[str, DeployedUnit]]:
        for name, process in list(self._rendered):
            unit = self._around.unit(process)
            if unit is not None:
                yield name, unit

    def _render(self, machine: SimulatedMachine, unit: DeployedUnit) -> None:
        rendered = self._rendered.get((machine.name, unit.name))
        defects = self._around.defects
        if rendered is None or defects.on("never rendered", unit.name):
            return
        if not (machine.reachable and self._etcd.serves):
            self._retry(machine, unit, rendered)
            return
        named = tuple(self._named(unit))
        first = not rendered.at
        if named != rendered.entries or first:
            rendered.entries, rendered.at = named, self._around.clock.wall()
        if first or not defects.on("never reloaded", unit.name):
            rendered.used = named
            rendered.down &= set(named)
        self._around.changed()

    def _retry(self, machine: SimulatedMachine, unit: DeployedUnit, rendered: Rendered) -> None:
        def again(machine: SimulatedMachine) -> None:
            rendered.waiting = False
            if self._rendered.get((machine.name, unit.name)) is rendered:
                self._render(machine, unit)

        if not rendered.waiting:
            rendered.waiting = True
            self._around.later(machine, RETRY, again)

    def _named(self, unit: DeployedUnit) -> Iterator[DiscoveryEntry]:
        """The entries in the text of the unit's configuration: those that HAProxy routes to, or
        those that the application uses itself."""
        deployment = self._around.deployment
        assert deployment is not None
        routed = bool(unit.service.stats_port)
        services = {
            service.name
            for service in deployment.services
            if bool(service.backend) is routed and not service.stats_port
        }
        known: set[str] = set()
        for entry in self._etcd.entries:
            if entry.service in services and entry.server not in known:
                known.add(entry.server)
                yield entry


class FakeLoadBalancer(LoadBalancer):
    """``cluster.load_balancer.LoadBalancer`` of a simulated cluster."""

    def __init__(
        self, instances: FakeInstances, followers: FakeFollowers, address: str, stats_port: int
    ) -> None:
        super().__init__(address, stats_port)
        self._instances = instances
        self._followers = followers

    def backends(self) -> dict[str, list[Server]]:
        found = self._instances.balancer_at(self.address)
        if found is None or not self._instances.answers(*found):
            raise RoutingError(
                f"the load balancer's statistics at {self.url} cannot be read: no answer in time"
            )
        return self._followers.servers(*found)
