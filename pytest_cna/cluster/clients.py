"""The clients of fleet, etcd and HAProxy, and the observers of a cluster.

A test seam: machines of a real provider get the real clients. A provider that simulates its
machines in memory (``Provider.simulated``) has an attribute ``clients`` with fakes, because nothing
listens on such machines. An acceptance run never uses fakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.cluster.discovery import Discovery
from pytest_cna.cluster.discovery_observer import DiscoveryObserver
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
"""Share of fleet's timeout after which its observer gives up one poll: a poll that hangs is
skipped."""


@dataclass(frozen=True, slots=True)
class Observers:
    """The observers of one deployment, to be started together."""

    discovery: DiscoveryObserver
    fleet: FleetObserver
    containers: ContainerObserver
    routing: RoutingObserver

    def start(self) -> None:
        for observer in self._all:
            observer.start()

    def alive(self) -> None:
        """Raise the error of an observer that has ended: without it nothing can be judged."""
        for observer in self._all:
            observer.alive()

    def stop(self) -> None:
        """Stop all observers. Idempotent."""
        for observer in self._all:
            observer.stop()

    @property
    def _all(
        self,
    ) -> tuple[DiscoveryObserver, FleetObserver, ContainerObserver, RoutingObserver]:
        return self.discovery, self.fleet, self.containers, self.routing


class Clients(Protocol):
    """Factory of clients and observers. None of them connects before it is first used."""

    def fleet(self, endpoints: Sequence[str], timeout: float) -> Fleet:
        """Client of the fleet API at ``http://address:port``; ``timeout`` is the seconds for one
        answer."""
        ...

    def discovery(self, endpoints: Sequence[str], timeout: float) -> Discovery:
        """Client of etcd's members (``address:port``); each has ``timeout`` seconds to answer."""
        ...

    def load_balancer(self, address: str, stats_port: int) -> LoadBalancer: ...

    def observers(
        self, cluster: Cluster, deployment: Deployment, timeline: Timeline, clocks: Clocks
    ) -> Observers:
        """Observers of ``deployment`` on ``cluster`` that record to ``timeline``."""
        ...


class RealClients:
    """Clients that connect over the network."""

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
        # a client of its own, because a client asks first the endpoint that answered it last
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
class HasClients(Protocol):
    """A provider that simulates its machines and has fake clients for them."""

    @property
    def clients(self) -> Clients: ...


def clients_of(provider: Provider) -> Clients:
    """The fake clients of a provider that simulates its machines, else the real ones."""
    return provider.clients if isinstance(provider, HasClients) else RealClients()


def balancers(deployment: Deployment, announced: DiscoveryObserver) -> Callable[[], list[str]]:
    """Function that returns the addresses of the load balancers announced at that moment."""
    service = deployment.balancer
    return lambda: [entry.ip for entry in announced.entries(service.name)] if service else []


def stats_port(deployment: Deployment) -> int:
    """Port of the load balancers' statistics; 0 without a load balancer."""
    return deployment.balancer.stats_port if deployment.balancer else 0


def backends(deployment: Deployment) -> list[str]:
    """HAProxy's backends that route to a service of ``deployment``."""
    return [service.backend for service in deployment.services if service.backend]
