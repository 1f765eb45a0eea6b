"""Arranging the set on a real fleet, from every place the web servers may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import LaunchedSet
    from pytest_cna.deployment.deployment import DeployedUnit


def units(launched: LaunchedSet, called: str) -> list[DeployedUnit]:
    return launched.deployment.main_units(launched.deployment.service(called))


def test_a_web_server_is_brought_apart(launched: LaunchedSet) -> None:
    mains = [unit for unit in launched.deployment.units if unit.role == "main"]
    moved = 0
    for web in units(launched, "web server"):
        before = launched.machine_of(web)
        group = launched.companions(web)
        beside = [u for u in mains if u not in group and launched.machine_of(u) == before]
        assert unit_apart(launched, [web], beside) == web
        assert launched.machine_of(web) not in {launched.machine_of(other) for other in beside}
        moved += launched.machine_of(web) != before
    assert moved
    names = {unit.name for unit in launched.cluster.fleet.units()}
    assert names == {unit.name for unit in launched.deployment.units}


def test_the_leader_is_where_most_runs(launched: LaunchedSet) -> None:
    database = units(launched, "database")
    lead_where_most_runs(launched, database)
    leader = launched.cluster.machine(launched.discovery.leader().rpartition(":")[0])
    assert leader.name != launched.machine_of(database[0])
    load = [launched.machine_of(unit) for unit in launched.deployment.units]
    others = {machine.name for machine in launched.cluster.machines} - {
        launched.machine_of(database[0])
    }
    assert load.count(leader.name) == max(load.count(name) for name in others)
