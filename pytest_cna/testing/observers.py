"""The real observers without their threads: they look whenever the fake clock says so."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Self

from pytest_cna.cluster.configuration_observer import ConfigurationObserver
from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.cluster.discovery_observer import LOOK_EVERY, DiscoveryObserver
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.cluster.load_balancer import RoutingObserver
from pytest_cna.cluster.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.testing.balancer import FakeLoadBalancer
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.docker import FakeDocker
    from pytest_cna.testing.etcd import FakeEtcd
    from pytest_cna.testing.fleet import FakeFleet
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings

LOOK = 0.25
"""Seconds between two looks, as with the real observers."""


class _OnClock(Observer):
    """To be put before an observer that has a ``look``. It looks only when something has changed,
    or was recorded, since it looked last: else it would see the same again."""

    around: Surroundings
    every: float = LOOK
    _timer: Timer | None = None
    _timeline: Timeline
    _seen_at: tuple[int, int] | None = None

    @abstractmethod
    def look(self) -> None: ...

    def start(self) -> Self:
        self.look()
        self._timer = self.around.every(self.every, self._look_again)
        return self

    def _look_again(self) -> None:
        now = (self.around.version, self._timeline.count)
        if now != self._seen_at:
            self.look()
            self._seen_at = (now[0], self._timeline.count)

    def stop(self) -> None:
        """Idempotent."""
        if self._timer is not None:
            self._timer.cancel()


class FakeFleetObserver(_OnClock, FleetObserver):
    def __init__(
        self, around: Surroundings, fleet: FakeFleet, timeline: Timeline, names: Mapping[str, str]
    ) -> None:
        FleetObserver.__init__(self, timeline, fleet, names, LOOK)
        self.around = around

    look = FleetObserver.look


class FakeRoutingObserver(_OnClock, RoutingObserver):
    def __init__(
        self,
        around: Surroundings,
        client: Callable[[str, int], FakeLoadBalancer],
        timeline: Timeline,
        addresses: Callable[[], Sequence[str]],
        stats_port: int,
        backends: Sequence[str],
    ) -> None:
        RoutingObserver.__init__(self, timeline, addresses, stats_port, backends, LOOK, client)
        self.around = around

    look = RoutingObserver.look


class FakeConfigurationObserver(_OnClock, ConfigurationObserver):
    def __init__(
        self,
        around: Surroundings,
        timeline: Timeline,
        machines: Sequence[Machine],
        deployment: Deployment,
        clocks: Clocks,
        file: str,
    ) -> None:
        ConfigurationObserver.__init__(self, timeline, machines, deployment, clocks, file)
        self.around = around

    def look(self) -> None:
        # time may pass within a look, and the next one be due meanwhile
        if self.around.clock.monotonic() <= self._until and not self._looking.locked():
            ConfigurationObserver.look(self)

    _look_again = look


class FakeDiscoveryObserver(_OnClock, DiscoveryObserver):
    """Looks at each change too, as the real one does."""

    every = LOOK_EVERY

    def __init__(
        self,
        around: Surroundings,
        etcd: FakeEtcd,
        timeline: Timeline,
        endpoints: Sequence[str],
    ) -> None:
        DiscoveryObserver.__init__(self, timeline, endpoints)
        self.around = around
        self._etcd = etcd

    def start(self) -> Self:
        self._etcd.on_change.append(self.look)
        return super().start()

    def stop(self) -> None:
        super().stop()
        if self.look in self._etcd.on_change:
            self._etcd.on_change.remove(self.look)

    def look(self) -> None:
        etcd = self._etcd
        addresses = {each.address for each in etcd.members if each.reachable}
        for endpoint in self._endpoints:
            answers = etcd.serves and endpoint.rpartition(":")[0] in addresses
            self._answers(endpoint, answers, "" if answers else "no answer in time")
        if etcd.serves:
            self._compare({entry: (each,) for entry, each in etcd.entries.items()}, None)


class FakeContainerObserver(ContainerObserver):
    """Is called with each event of a Docker, where the real one reads them."""

    def __init__(
        self,
        around: Surroundings,
        docker: FakeDocker,
        timeline: Timeline,
        machines: Sequence[Machine],
        clocks: Clocks,
    ) -> None:
        super().__init__(timeline, machines, clocks)
        self._around = around
        self._docker = docker
        self._clocks = clocks
        self._machines = {machine.name: machine for machine in machines}
        self._compared: dict[str, int] = {}

    def start(self) -> None:
        self._docker.on_event.append(self._happened)
        for machine in self._around.machines.values():
            if machine.reachable:
                self._reached(machine)

    def stop(self) -> None:
        if self._happened in self._docker.on_event:
            self._docker.on_event.remove(self._happened)

    def _happened(self, machine: SimulatedMachine, event: Mapping[str, object]) -> None:
        if self._compared.get(machine.name) != machine.boots:  # it can be reached again
            self._reached(machine)
        self._of[machine.name].record(event)

    def _reached(self, machine: SimulatedMachine) -> None:
        self._compared[machine.name] = machine.boots
        self._clocks.compare(self._machines[machine.name])
