"""What a cluster is asked and watched with: fleet's, etcd's and HAProxy's clients, the observers.

A test seam. Every provider of machines gets the real ones. One whose machines are simulated in
memory (``Provider.simulated``) brings its own along, as an attribute ``clients``, because nothing
listens on those machines. An acceptance run never uses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.cluster.discovery import Discovery, DiscoveryObserver
from pytest_cna.cluster.fleet import Fleet
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.cluster.load_balancer import LoadBalancer, RoutingObserver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.machines.providers.base import Provider

SHARE = 0.4
"""Of fleet's time to answer, what its observer waits: a look that hangs is a look missed."""


@dataclass(frozen=True, slots=True)
class Observers:
    """All that watches one deployment, not started yet."""

    discovery: DiscoveryObserver
    fleet: FleetObserver
    containers: ContainerObserver
    routing: RoutingObserver

    def start(self) -> None:
        for observer in self._all:
            observer.start()

    def alive(self) -> None:
        """Raises the error of an observer that ended: nothing can be judged without it."""
        for observer in self._all:
            observer.alive()

    def stop(self) -> None:
        """Idempotent."""
        for observer in self._all:
            observer.stop()

    @property
    def _all(
        self,
    ) -> tuple[DiscoveryObserver, FleetObserver, ContainerObserver, RoutingObserver]:
        return self.discovery, self.fleet, self.containers, self.routing


class Clients(Protocol):
    """Makes them. Nothing connects before the first question."""

    def fleet(self, endpoints: Sequence[str], timeout: float) -> Fleet:
        """Of ``http://address:port``; ``timeout`` is seconds to answer."""
        ...

    def discovery(self, endpoints: Sequence[str], timeout: float) -> Discovery:
        """Of etcd's members, ``address:port``, each of which has ``timeout`` seconds to answer."""
        ...

    def load_balancer(self, address: str, stats_port: int) -> LoadBalancer: ...

    def observers(
        self, cluster: Cluster, deployment: Deployment, timeline: Timeline, clocks: Clocks
    ) -> Observers:
        """Of ``deployment`` on ``cluster``, for ``timeline``."""
        ...


class RealClients:
    """Of machines that are there, over the network."""

    def fleet(self, endpoints: Sequence[str], timeout: float) -> Fleet:
        return Fleet(endpoints, timeout)

    def discovery(self, endpoints: Sequence[str], timeout: float) -> Discovery:
        return Discovery(endpoints, timeout)

    def load_balancer(self, address: str, stats_port: int) -> LoadBalancer:
        return LoadBalancer(address, stats_port)

    def observers(
        self, cluster: Cluster, deployment: Deployment, timeline: Timeline, clocks: Clocks
    ) -> Observers:
        announced = DiscoveryObserver(timeline, cluster.etcd_endpoints)
        # a client of its own, for each asks first where it was answered last
        fleet = Fleet(cluster.fleet.endpoints, SHARE * cluster.fleet.timeout)
        return Observers(
            announced,
            FleetObserver(timeline, fleet, cluster.machine_names),
            ContainerObserver(timeline, cluster.machines, clocks),
            RoutingObserver(
                timeline,
                balancers(deployment, announced),
                stats_port(deployment),
                backends(deployment),
                client=self.load_balancer,
            ),
        )


@runtime_checkable
class BringsClients(Protocol):
    """A provider whose machines are simulated."""

    @property
    def clients(self) -> Clients: ...


def clients_of(provider: Provider) -> Clients:
    """The real ones, unless ``provider`` simulates its machines and brings others."""
    return provider.clients if isinstance(provider, BringsClients) else RealClients()


def balancers(deployment: Deployment, announced: DiscoveryObserver) -> Callable[[], list[str]]:
    """Addresses of the announced load balancers, looked up at each call."""
    service = deployment.balancer
    return lambda: [entry.ip for entry in announced.entries(service.name)] if service else []


def stats_port(deployment: Deployment) -> int:
    """Where the load balancers' statistics are, 0 without a load balancer."""
    return deployment.balancer.stats_port if deployment.balancer else 0


def backends(deployment: Deployment) -> list[str]:
    """HAProxy's backends that route to a service of ``deployment``."""
    return [service.backend for service in deployment.services if service.backend]
