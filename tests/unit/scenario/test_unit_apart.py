"""A deployment arranged for a scenario, by fleet's own means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, shell, unit

from pytest_cna.core.errors import CnaError
from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld

CACHES = SET.main_units(SET.service("cache"))
WEBS = SET.main_units(SET.service("web server"))


def units_of_fleet(running: RunningDeployment) -> set[str]:
    return {each.name for each in running.cluster.fleet.units()}


def test_one_that_is_apart_is_taken_as_it_is(running: RunningDeployment, world: FakeWorld) -> None:
    begun = world.clock.monotonic()
    found = unit_apart(running, WEBS, [unit("load balancer"), unit("database")])
    assert found in WEBS
    others = running.machines_of([unit("load balancer"), unit("database")])
    assert running.machine_of(found) not in others
    assert world.clock.monotonic() - begun < 0.1


def test_none_that_is_apart_is_made_so(running: RunningDeployment) -> None:
    database = unit("database")
    assert {running.machine_of(each) for each in CACHES}.isdisjoint({running.machine_of(database)})
    others = [CACHES[0], unit("load balancer")]  # both where the first web server is
    found = unit_apart(running, [WEBS[0]], others)
    assert found == WEBS[0]
    assert running.machine_of(found) not in running.machines_of(others)
    follow = [unit("application"), unit("configuration")]
    assert set(running.machines_of(follow)) == {running.machine_of(found)}
    assert units_of_fleet(running) == {each.name for each in SET.units}  # the fences are gone
    running.await_steady_state(10.0)


def test_fences_are_removed_when_there_is_no_place(running: RunningDeployment) -> None:
    everywhere = [*CACHES, unit("database")]
    with pytest.raises(CnaError, match=r"no machine for .*without cache, database: .*not active"):
        unit_apart(running, [WEBS[0]], everywhere)
    assert not {name for name in units_of_fleet(running) if "fence" in name}
    running.await_steady_state(10.0)


def test_leadership_goes_where_the_most_runs(running: RunningDeployment) -> None:
    database = unit("database")
    lead_where_most_runs(running, [database])
    leader = running.leader()
    assert leader.name != running.machine_of(database)
    runs = running.machines_of(SET.units)
    assert runs.count(leader.name) == max(
        runs.count(machine.name)
        for machine in running.cluster.machines
        if machine.name != running.machine_of(database)
    )


def test_leadership_is_moved_only_when_it_has_to_be(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.etcd.leader = running.machine_of(unit("database"))
    lead_where_most_runs(running, [unit("database")])
    moved_to = running.leader()
    ran = len(shell(moved_to).ran)
    lead_where_most_runs(running, [unit("database")])
    assert running.leader() == moved_to
    assert len(shell(moved_to).ran) == ran


def test_a_member_that_etcd_does_not_list(running: RunningDeployment, world: FakeWorld) -> None:
    world.etcd.leader = running.machine_of(unit("database"))
    shell(running.leader()).answer("member list", "8e9e05c52164694d, started, other, http://x, y\n")
    with pytest.raises(CnaError, match=r"etcd lists no member on core-\d"):
        lead_where_most_runs(running, [unit("database")])


def test_nothing_can_lead_where_everything_has_to_stay(running: RunningDeployment) -> None:
    everything = [each for each in SET.units if each.role == "main"]
    with pytest.raises(CnaError, match=r"every etcd member runs on .*; add a machine"):
        lead_where_most_runs(running, everything)
