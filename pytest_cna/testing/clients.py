"""The clients and observers of a simulated cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.cluster.clients import backends, balancers, stats_port
from pytest_cna.cluster.observers import Observers
from pytest_cna.testing.balancer import FakeLoadBalancer
from pytest_cna.testing.customers import FakeCustomers
from pytest_cna.testing.etcd import FakeDiscovery
from pytest_cna.testing.fleet import FakeFleet
from pytest_cna.testing.observers import (
    FakeConfigurationObserver,
    FakeContainerObserver,
    FakeDiscoveryObserver,
    FakeFleetObserver,
    FakeRoutingObserver,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.cluster.endpoints import Endpoints
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.testing.world import FakeWorld


class FakeClients:
    """``cluster.clients.Clients`` of one world; whatever endpoints they are given, they ask it."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world
        self.customers = FakeCustomers(world, world.requests)

    def fleet(self, endpoints: Sequence[str], timeout: float) -> FakeFleet:
        return FakeFleet(self.world, self.world.engine)

    def discovery(self, endpoints: Sequence[str], timeout: float) -> FakeDiscovery:
        return FakeDiscovery(self.world.etcd)

    def load_balancer(self, address: str, stats_port: int) -> FakeLoadBalancer:
        return FakeLoadBalancer(self.world.instances, self.world.followers, address, stats_port)

    def observers(
        self,
        endpoints: Endpoints,
        deployment: Deployment,
        timeline: Timeline,
        clocks: Clocks,
        configuration: str,
    ) -> Observers:
        """From now on the world's units are those of ``deployment``."""
        world = self.world
        world.deployment = deployment
        announced = FakeDiscoveryObserver(world, world.etcd, timeline, endpoints.etcd)
        return Observers(
            announced,
            FakeFleetObserver(world, self.fleet([], 0.0), timeline, endpoints.names),
            FakeContainerObserver(world, world.docker, timeline, endpoints.machines, clocks),
            FakeRoutingObserver(
                world,
                self.load_balancer,
                timeline,
                balancers(deployment, announced),
                stats_port(deployment),
                backends(deployment),
            ),
            FakeConfigurationObserver(
                world, timeline, endpoints.machines, deployment, clocks, configuration
            ),
        )
