"""Arranging the set on a real fleet, from every place the web servers may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit


def units(deployment: RunningDeployment, called: str) -> list[DeployedUnit]:
    return deployment.deployment.main_units(deployment.deployment.service(called))


def test_a_web_server_is_brought_apart(deployment: RunningDeployment) -> None:
    mains = [unit for unit in deployment.deployment.units if unit.role == "main"]
    moved = 0
    for web in units(deployment, "web server"):
        before = deployment.machine_of(web)
        group = deployment.companions(web)
        beside = [u for u in mains if u not in group and deployment.machine_of(u) == before]
        assert unit_apart(deployment, [web], beside) == web
        assert deployment.machine_of(web) not in {deployment.machine_of(other) for other in beside}
        moved += deployment.machine_of(web) != before
    assert moved
    names = {unit.name for unit in deployment.cluster.fleet.units()}
    assert names == {unit.name for unit in deployment.deployment.units}


def test_the_leader_is_where_most_runs(deployment: RunningDeployment) -> None:
    database = units(deployment, "database")
    lead_where_most_runs(deployment, database)
    leader = deployment.cluster.machine(deployment.discovery.leader().rpartition(":")[0])
    assert leader.name != deployment.machine_of(database[0])
    load = [deployment.machine_of(unit) for unit in deployment.deployment.units]
    others = {machine.name for machine in deployment.cluster.machines} - {
        deployment.machine_of(database[0])
    }
    assert load.count(leader.name) == max(load.count(name) for name in others)
