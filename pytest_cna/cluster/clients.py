"""The clients of fleet, etcd and HAProxy, and the observers of a cluster.

A test seam: machines of a real provider get the real clients. A provider that simulates its
machines in memory (``Provider.simulated``) has an attribute ``clients`` with fakes, because nothing
listens on such machines. An acceptance run never uses fakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_cna.cluster.configuration_observer import ConfigurationObserver
from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.cluster.discovery import Discovery
from pytest_cna.cluster.discovery_observer import DiscoveryObserver
from pytest_cna.cluster.fleet import Fleet
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.cluster.load_balancer import LoadBalancer, RoutingObserver
from pytest_cna.cluster.observers import Observers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.cluster.endpoints import Endpoints
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.machines.providers.base import Provider

SHARE = 0.4
"""Share of fleet's timeout after which its observer gives up one poll: a poll that hangs is
skipped."""


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
        self,
        endpoints: Endpoints,
        deployment: Deployment,
        timeline: Timeline,
        clocks: Clocks,
        configuration: str,
    ) -> Observers:
        """Observers of ``deployment`` on the machines of ``endpoints`` that record to
        ``timeline``; ``configuration`` is the path of the application's configuration below its
        code."""
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
        self,
        endpoints: Endpoints,
        deployment: Deployment,
        timeline: Timeline,
        clocks: Clocks,
        configuration: str,
    ) -> Observers:
        announced = DiscoveryObserver(timeline, endpoints.etcd)
        # a client of its own, because a client asks first the endpoint that answered it last
        fleet = Fleet(endpoints.fleet, SHARE * endpoints.fleet_timeout)
        return Observers(
            announced,
            FleetObserver(timeline, fleet, endpoints.names),
            ContainerObserver(timeline, endpoints.machines, clocks),
            RoutingObserver(
                timeline,
                balancers(deployment, announced),
                stats_port(deployment),
                backends(deployment),
                client=self.load_balancer,
            ),
            ConfigurationObserver(timeline, endpoints.machines, deployment, clocks, configuration),
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
