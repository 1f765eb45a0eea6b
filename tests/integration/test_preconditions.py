"""Arranging the set on a real fleet, from every place the web servers may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit


def units(running: RunningDeployment, called: str) -> list[DeployedUnit]:
    return running.deployment.main_units(running.deployment.service(called))


def test_a_web_server_is_brought_apart(running: RunningDeployment) -> None:
    mains = [unit for unit in running.deployment.units if unit.role == "main"]
    moved = 0
    for web in units(running, "web server"):
        before = running.machine_of(web)
        group = running.companions(web)
        beside = [u for u in mains if u not in group and running.machine_of(u) == before]
        assert unit_apart(running, [web], beside) == web
        assert running.machine_of(web) not in {running.machine_of(other) for other in beside}
        moved += running.machine_of(web) != before
    assert moved
    names = {unit.name for unit in running.cluster.fleet.units()}
    assert names == {unit.name for unit in running.deployment.units}


def test_the_leader_is_where_most_runs(running: RunningDeployment) -> None:
    database = units(running, "database")
    lead_where_most_runs(running, database)
    leader = running.cluster.machine(running.discovery.leader().rpartition(":")[0])
    assert leader.name != running.machine_of(database[0])
    load = [running.machine_of(unit) for unit in running.deployment.units]
    others = {machine.name for machine in running.cluster.machines} - {
        running.machine_of(database[0])
    }
    assert load.count(leader.name) == max(load.count(name) for name in others)
