"""Machines become a cluster, or it is said which one did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from simulated import SET

from pytest_cna.cluster.clients import RealClients, clients_of
from pytest_cna.cluster.clocks import Clocks
from pytest_cna.cluster.cluster import Cluster
from pytest_cna.cluster.configuration_observer import ConfigurationObserver
from pytest_cna.cluster.discovery_observer import DiscoveryObserver
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.cluster.load_balancer import RoutingObserver
from pytest_cna.cluster.request import ClusterRequest
from pytest_cna.core.errors import MachineNotFound, ProvisionError
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import EMULATED, NATIVE, Timing
from pytest_cna.machines.artefacts.build import Artefacts
from pytest_cna.testing import Delays, FakeProvider, simulated_cluster
from pytest_cna.testing.clients import FakeClients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.machines.providers.base import Provider

ARTEFACTS = Artefacts(machine_image="")


class Heard(list[str]):
    """Progress lines."""

    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def provider(heard: Heard) -> Iterator[FakeProvider]:
    provider = FakeProvider("s1", heard)
    provider.prepare()
    yield provider
    provider.destroy()
    provider.close()


def test_machines_join_and_are_known_by_name_and_address(
    provider: FakeProvider, heard: Heard
) -> None:
    cluster = Cluster(provider, Timeline(), heard)
    request = ClusterRequest(machines=6, metadata=({"disk": "fast"}, {}))
    assert not cluster.bring_up(request, ARTEFACTS)
    assert [machine.name for machine in cluster.machines] == [f"core-{n}" for n in range(1, 7)]
    assert [bool(machine.metadata) for machine in cluster.machines] == [True, False] * 3
    assert len(cluster.etcd_endpoints) == 5  # the sixth is no member
    assert len(cluster.fleet.machines()) == 6
    third = cluster.machines[2]
    assert cluster.machine("core-3") == cluster.machine(third.address) == third
    with pytest.raises(
        MachineNotFound, match=r"no machine core-7 in this cluster .known: core-1, "
    ):
        cluster.machine("core-7")
    assert heard == ["starting 6 machines (fake)"]


def test_the_time_from_power_to_fleets_list_is_known() -> None:
    with simulated_cluster(SET, delays=Delays(boot=7.0)) as cluster:
        assert 7.0 < cluster.boot_seconds < 10.0


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (ClusterRequest(), EMULATED),
        (
            ClusterRequest(agent_ttl=5.0, engine_interval=0.5),
            replace(EMULATED, agent_ttl=5.0, engine_interval=0.5),
        ),
    ],
)
def test_what_is_requested_comes_before_what_suits_the_machines(
    provider: FakeProvider, heard: Heard, requested: ClusterRequest, expected: Timing
) -> None:
    provider.timing = EMULATED
    cluster = Cluster(provider, Timeline(), heard)
    cluster.bring_up(requested, ARTEFACTS)
    assert cluster.timing == expected
    assert provider.world.timing == expected


def test_a_machine_that_does_not_come_shows_every_console(
    provider: FakeProvider, heard: Heard
) -> None:
    provider.world.delays.boot = 1_000.0
    cluster = Cluster(provider, Timeline(), heard)
    with pytest.raises(ProvisionError) as failure:
        cluster.bring_up(ClusterRequest(machines=2), ARTEFACTS)
    said = str(failure.value)
    assert "waited 300.0 s for fleet to list all 2 machines" in said
    assert "no machine's fleet answered" in said
    assert "console of core-1:\nBooting." in said
    assert "console of core-2:\nBooting." in said


def test_a_machine_that_ends_while_it_starts(provider: FakeProvider, heard: Heard) -> None:
    def dies() -> None:
        provider.kill(provider.machine("core-2"))

    provider.world.clock.after(1.0, dies)
    cluster = Cluster(provider, Timeline(), heard)
    with pytest.raises(ProvisionError, match="machine core-2 stopped while it booted; its console"):
        cluster.bring_up(ClusterRequest(), ARTEFACTS)


def test_it_can_be_destroyed_and_brought_up_again(provider: FakeProvider, heard: Heard) -> None:
    cluster = Cluster(provider, Timeline(), heard)
    cluster.destroy()
    cluster.bring_up(ClusterRequest(), ARTEFACTS)
    cluster.destroy()
    cluster.destroy()
    assert cluster.machines == []
    assert provider.machines() == []
    cluster.bring_up(ClusterRequest(machines=1), ARTEFACTS)
    assert [machine.name for machine in cluster.machines] == ["core-1"]


def test_a_kept_cluster_is_taken_over(heard: Heard) -> None:
    class Kept(FakeProvider):
        name = "kept"
        asked: list[str]

        def adopt(self, fingerprint: str) -> bool:
            self.asked = [*getattr(self, "asked", []), fingerprint]
            self.session = "s0"
            return bool(self.machines())

    provider = Kept("s1", heard)
    provider.prepare()
    try:
        first, second = (Cluster(provider, Timeline(), heard) for _ in range(2))
        assert not first.bring_up(ClusterRequest(), ARTEFACTS)
        assert second.bring_up(ClusterRequest(), ARTEFACTS)
        assert second.machines == first.machines
        second.bring_up(ClusterRequest(agent_ttl=5.0), ARTEFACTS)
    finally:
        provider.close()
    assert heard[-1] == "taking over the cluster that run s0 kept"
    one, same, other = provider.asked
    assert one == same != other  # of another making


def test_a_simulated_provider_brings_its_clients(provider: FakeProvider) -> None:
    assert isinstance(clients_of(provider), FakeClients)


def test_any_other_gets_the_real_ones() -> None:
    clients = clients_of(cast("Provider", object()))
    assert isinstance(clients, RealClients)
    assert clients.fleet(["http://10.0.0.1:8080"], 2.0).timeout == 2.0
    assert clients.load_balancer("10.0.0.1", 1936).url == "http://10.0.0.1:1936/;csv"
    with simulated_cluster(SET) as cluster:
        timeline = Timeline()
        clocks = Clocks(timeline)
        observers = clients.observers(cluster.endpoints, SET, timeline, clocks, "endpoints.ini")
        observers.alive()
        observers.stop()  # before it was started, too
        assert observers.get(DiscoveryObserver).entries() == []
        assert observers.get(RoutingObserver).servers() == []
        assert observers.get(FleetObserver).machines() == []
        assert observers.get(ConfigurationObserver).sees


def test_native_machines_are_the_default(provider: FakeProvider, heard: Heard) -> None:
    cluster = Cluster(provider, Timeline(), heard)
    assert (cluster.machines, cluster.timing, cluster.boot_seconds) == ([], NATIVE, 0.0)
