"""What one request gets in a simulated cluster, on its way through the load balancer."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.model import Server
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.world import FakeWorld


@dataclass(frozen=True, slots=True)
class Outcome:
    """``seconds`` is how long it took; ``status`` is 0 for a good answer, whose status the action
    decides, and when none came."""

    seconds: float
    served_by: str = ""
    error: str = ""
    status: int = 0


class FakeRequests:
    """HAProxy takes the next server when one refuses the connection; a paused instance takes it
    and never answers. Every service that is neither routed to nor a load balancer is needed for an
    answer: at least one instance of each (a database, a cache)."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world
        self._turn = 0
        self._random = random.Random(0)

    def ask(self, endpoints: Sequence[str]) -> Outcome:
        """One request to the next of ``endpoints`` (``ip:port``), now."""
        delays = self._world.delays
        if not endpoints:
            return Outcome(0.0, error="NoEndpoint")
        self._turn += 1
        ip = endpoints[self._turn % len(endpoints)].rpartition(":")[0]
        if not any(m.address == ip and m.reachable for m in self._world.machines.values()):
            return Outcome(delays.connect, error="ConnectTimeout")
        balancer = self._world.balancer_at(ip)
        if balancer is None:
            return Outcome(0.0, error="ConnectionRefused")
        backends = self._world.followers.servers(*balancer)
        servers = [server for rows in backends.values() for server in rows if server.up]
        # not by turns: customers who are as many as the servers would always meet the same one
        first = self._random.randrange(len(servers)) if servers else 0
        for number in range(len(servers)):
            found = self._instance(servers[(first + number) % len(servers)])
            if found is None:
                continue
            machine, unit = found
            if machine.containers[unit.container].status == "paused":
                return Outcome(delays.patience, error="Timeout")
            if not self._world.answers(machine, unit):
                continue
            served_by = f"{unit.name.removesuffix('.service')} {machine.name}"
            if self._needs_something():
                return Outcome(delays.request, served_by, "HTTP 500", 500)
            return Outcome(delays.request, served_by)
        return Outcome(delays.request, error="HTTP 503", status=503)

    def _instance(self, server: Server) -> tuple[SimulatedMachine, DeployedUnit] | None:
        """That HAProxy can connect to."""
        _, ip, port = server.name.rsplit("_", 2)
        found = self._world.instance_at(ip, int(port))
        if found is None or not found[0].reachable:
            return None
        return found if found[1].container in found[0].containers else None

    def _needs_something(self) -> bool:
        deployment = self._world.deployment
        assert deployment is not None
        return any(
            not any(
                self._world.answers(machine, unit)
                for unit in deployment.main_units(service)
                for machine in self._world.machines.values()
                if machine.reachable
            )
            for service in deployment.services
            if service.announced and not service.backend and not service.stats_port
        )
