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
    ProductFailed,
    RoutingError,
    WaitTimeout,
)
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.judgement.checks import Snapshot, steady_state
from pytest_cna.judgement.verdicts import Verdict
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
    with pytest.raises(ProductFailed) as failure:
        set_out.launch()
    said = str(failure.value)
    assert said.startswith("zurmo did not reach its steady state within 600 s: units are not activ")
    assert "zurmo_mysql@3306.service: activating/start on core-3" in said
    assert "missing: database " in said


def test_a_settled_deployment_has_as_long_as_machines_need(running: RunningDeployment) -> None:
    world_of(running).never("restarted", unit("cache").name)
    machine_of(running, unit("cache")).check(f"docker kill {unit('cache').container}")
    world_of(running).clock.advance(1.0)
    timeout = 60.0 + 3 * running.cluster.boot_seconds
    with pytest.raises(ProductFailed, match=f"its steady state within {timeout:.0f} s: units are"):
        running.await_steady_state()
    with pytest.raises(ProductFailed, match=r"its steady state within 5 s: "):
        running.await_steady_state(5.0)


def test_a_cluster_that_cannot_be_asked_has_not_failed(running: RunningDeployment) -> None:
    for machine in running.cluster.machines:
        running.cluster.provider.kill(machine)
    with pytest.raises(WaitTimeout, match="no member of etcd answered"):
        running.await_steady_state()


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
    balancer = machine_of(running, unit("load balancer")).address
    assert look.servers.keys() == {balancer}
    rows = look.servers[balancer]
    assert rows is not None
    assert [(row.backend, row.up) for row in rows] == [("webserver_nodes", True)] * 2
    assert look.ended == frozenset()
    placed = {each.name: running.machine_of(each) for each in SET.units}
    assert look.last_known == placed
    assert all(len(look.runs(each)) == 1 for each in SET.units)


def test_an_active_unit_whose_container_has_ended(running: RunningDeployment) -> None:
    """systemd notices it a moment later."""
    cache = unit("cache")
    machine = machine_of(running, cache)
    world_of(running).delays.end = 2.0
    machine.check(f"docker kill {cache.container}")
    world_of(running).clock.advance(0.5)
    look = running.snapshot()
    assert look.ended == {(cache.container, machine.name)}
    assert look.runs(cache) == []
    world_of(running).clock.advance(5.0)
    assert running.snapshot().ended == frozenset()


def test_an_active_unit_that_came_to_a_machine_without_a_container(
    running: RunningDeployment,
) -> None:
    cache = unit("cache")
    world_of(running).defect("no container", cache.name)
    running.cluster.provider.kill(machine_of(running, cache))
    world_of(running).clock.advance(30.0)
    placed = machine_of(running, cache).name
    look = running.snapshot()
    assert (cache.container, placed) in look.ended
    assert look.runs(cache) == []
    assert all(look.runs(each) for each in SET.mains if each != cache)


def test_a_machine_without_power_is_not_expected(running: RunningDeployment) -> None:
    lost = machine_of(running, unit("load balancer"))
    running.cluster.provider.kill(lost)
    world_of(running).clock.advance(2.0)
    look = running.snapshot()
    assert lost.name not in look.expected
    assert lost.name in look.joined  # fleet does not know yet
    assert look.servers == {lost.address: None}  # it does not answer


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


def test_where_units_are_placed_whether_they_run_or_not(running: RunningDeployment) -> None:
    cache = unit("cache")
    machine = running.machine_of(cache)
    world_of(running).delays.start = 5.0
    running.cluster.machine(machine).check(f"docker kill {cache.container}")
    world_of(running).clock.advance(1.0)
    with pytest.raises(CnaError, match="is active on no machine"):
        running.machine_of(cache)
    assert running.placed_on(cache) == machine
    assert cache in running.mains_on(machine)
    assert all(each.role == "main" for each in running.mains_on(machine))
    running.cluster.fleet.destroy(cache.name)
    with pytest.raises(CnaError, match=f"fleet has {cache.name} on no machine"):
        running.placed_on(cache)
    assert cache not in running.mains_on(machine)


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
    assert [each.address for each in running.load_balancers()] == [address]
    running.cluster.fleet.stop(balancer.name)
    world_of(running).clock.advance(3.0)
    assert running.endpoints() == []
    assert running.load_balancers() == []
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
