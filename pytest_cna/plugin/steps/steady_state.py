"""Steps about the set as a whole: complete, announced, routed, nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, then

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("the complete set is launched")
def complete_set_is_launched(scene: Scene) -> None:
    scene.ensure_steady()


@then("each instance has exactly one discovery entry")
def each_instance_has_one_entry(scene: Scene) -> None:
    scene.invariants.expect_one_entry_per_instance()


@then("the load balancer routes to exactly the announced web servers")
def routing_equals_discovery(scene: Scene) -> None:
    scene.invariants.expect_routing_equals_discovery()


@then("no unit runs twice")
def no_unit_runs_twice(scene: Scene) -> None:
    scene.invariants.expect_no_unit_runs_twice()


@then("etcd keeps its quorum")
def etcd_keeps_its_quorum(scene: Scene) -> None:
    scene.invariants.expect_quorum()
