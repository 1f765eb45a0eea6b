"""A deployment is launched, looked at and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, unit, world_of

from pytest_cna.cluster.running_deployment import RunningDeployment
from pytest_cna.core.errors import (
    CnaError,
    ConfigurationError,
    FleetRefused,
    FleetUnable,
    RoutingError,
    WaitTimeout,
)
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.judgement.checks import Snapshot, Verdict, steady_state
from pytest_cna.testing import FakeProvider, FakeWorld, simulated_cluster

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster

FOREIGN = UnitFile.parse("[Service]\nExecStart=/bin/true\n", "other.service")


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with simulated_cluster(SET) as cluster:
        yield cluster


@pytest.fixture
def set_out(cluster: Cluster, heard: list[str]) -> Iterator[RunningDeployment]:
    """Not launched yet."""
    running = RunningDeployment(cluster, SET, cluster.timeline, heard.append)
    yield running
    running.stop()


def of_cluster(cluster: Cluster) -> FakeWorld:
    assert isinstance(cluster.provider, FakeProvider)
    return cluster.provider.world


def test_every_unit_is_launched_to_the_steady_state(
    set_out: RunningDeployment, heard: list[str]
) -> None:
    set_out.launch()
    units = {each.name: each.desired_state for each in set_out.cluster.fleet.units()}
    assert units == {each.name: "launched" for each in SET.units}
    assert steady_state(SET, set_out.snapshot()).passed
    assert heard == [
        f"launching {len(SET.units)} units of zurmo",
        "every unit runs, is announced and routed",
    ]


def test_a_cluster_that_runs_other_units_is_refused(
    set_out: RunningDeployment, cluster: Cluster
) -> None:
    cluster.fleet.submit("other.service", FOREIGN)
    with pytest.raises(ConfigurationError, match=r"does not have: other\.service; destroy them"):
        set_out.launch()
    assert [each.name for each in cluster.fleet.units()] == ["other.service"]


def test_it_is_launched_beside_others_when_that_is_wanted(
    set_out: RunningDeployment, cluster: Cluster
) -> None:
    cluster.fleet.submit("other.service", FOREIGN)
    set_out.launch(beside_others=True)
    set_out.remove()
    assert [each.name for each in cluster.fleet.units()] == ["other.service"]


def test_fleet_is_asked_again_when_it_is_unable(
    set_out: RunningDeployment, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cluster.fleet.submit
    failed: list[str] = []

    def submit(name: str, file: UnitFile, desired_state: str = "inactive") -> None:
        if name not in failed:
            failed.append(name)
            raise FleetUnable("etcd elects")
        real(name, file, desired_state)

    monkeypatch.setattr(cluster.fleet, "submit", submit)
    set_out.launch()
    assert failed == [each.name for each in SET.units]


def test_what_fleet_refuses_ends_the_launch(
    set_out: RunningDeployment, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise FleetRefused("fleet refused: no")

    monkeypatch.setattr(cluster.fleet, "submit", refuse)
    with pytest.raises(FleetRefused, match="fleet refused: no"):
        set_out.launch()


def test_what_does_not_settle_is_reported_unit_by_unit(
    set_out: RunningDeployment, cluster: Cluster
) -> None:
    of_cluster(cluster).never("running", unit("database").name)
    with pytest.raises(WaitTimeout) as failure:
        set_out.launch()
    said = str(failure.value)
    assert "waited 600.0 s for the steady state of zurmo" in said
    assert "zurmo_mysql@3306.service: activating/start on core-3" in said
    assert "missing: database " in said


def test_a_settled_deployment_has_as_long_as_machines_need(running: RunningDeployment) -> None:
    world_of(running).never("restarted", unit("cache").name)
    machine_of(running, unit("cache")).check(f"docker kill {unit('cache').container}")
    world_of(running).clock.advance(1.0)
    timeout = 60.0 + 3 * running.cluster.boot_seconds
    with pytest.raises(WaitTimeout, match=f"waited {timeout:.1f} s for the steady state"):
        running.await_steady_state()
    with pytest.raises(WaitTimeout, match=r"waited 5\.0 s for the steady state"):
        running.await_steady_state(5.0)


def test_a_look_at_everything(running: RunningDeployment) -> None:
    look = running.snapshot()
    names = {machine.name: machine.address for machine in running.cluster.machines}
    assert look.expected == names
    assert look.joined == names.keys()
    assert {state.machine_id for state in look.states} <= names.keys()
    assert len(look.states) == len(SET.units)
    assert {entry.service for entry in look.entries} == {
        service.name for service in SET.services if service.announced
    }
    assert {server.backend for server in look.servers} == {"webserver_nodes"}


def test_a_machine_without_power_is_not_expected(running: RunningDeployment) -> None:
    lost = machine_of(running, unit("load balancer"))
    running.cluster.provider.kill(lost)
    world_of(running).clock.advance(2.0)
    look = running.snapshot()
    assert lost.name not in look.expected
    assert lost.name in look.joined  # fleet does not know yet
    assert look.servers == ()  # a balancer that does not answer routes nothing


def test_the_first_verdict_that_is_wanted(running: RunningDeployment) -> None:
    seen: list[Snapshot] = []

    def check(look: Snapshot) -> Verdict:
        seen.append(look)
        return Verdict("passed" if len(seen) == 3 else "failed", f"look {len(seen)}")

    verdict = running.await_verdict(check, waiting_for="the third look", timeout=10.0)
    assert (verdict.sentence, len(seen)) == ("look 3", 3)


def test_where_units_run(running: RunningDeployment) -> None:
    web, application = unit("web server"), unit("application")
    assert running.machines_of([web, application]) == [running.machine_of(web)] * 2
    running.cluster.fleet.stop(web.name)
    world_of(running).clock.advance(3.0)
    with pytest.raises(CnaError, match=r"zurmo_apache@8001\.service is active on no machine"):
        running.machine_of(web)


def test_who_shares_a_machine_with_whom(running: RunningDeployment) -> None:
    names = [each.name for each in running.companions(unit("web server"))]
    assert names == [
        "zurmo_config@8001.service",
        "zurmo_application@8001.service",
        "zurmo_apache@8001.service",
        "zurmo_apache_discovery@8001.service",
    ]


def test_the_announced_balancer_is_where_customers_go(running: RunningDeployment) -> None:
    balancer = unit("load balancer")
    address = machine_of(running, balancer).address
    assert running.endpoints() == [f"{address}:80"]
    assert running.load_balancer().address == address
    running.cluster.fleet.stop(balancer.name)
    world_of(running).clock.advance(3.0)
    assert running.endpoints() == []
    with pytest.raises(RoutingError, match="no load balancer is announced"):
        running.load_balancer()


def test_it_is_removed_for_a_cluster_that_stays(running: RunningDeployment) -> None:
    running.remove()
    assert running.cluster.fleet.units() == []
    assert running.cluster.fleet.states() == []
    assert running.discovery.entries() == []
    running.remove()


def test_what_cannot_be_removed_is_reported(
    set_out: RunningDeployment, cluster: Cluster, heard: list[str]
) -> None:
    set_out.launch()
    for machine in cluster.machines:
        cluster.provider.kill(machine)
    set_out.remove()
    assert heard[-1].startswith("units may be left on the cluster: no machine's fleet answered")
