"""Steps about the deployment as a whole: complete, announced, routed, nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, then

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("the complete set is launched")
def complete_set_is_launched(scene: Scene) -> None:
    """Wait until the deployment is in its steady state.

    The deployment is launched when the first scenario needs it. Steady state: each unit is
    active, each announced service has its entries, HAProxy has each of its servers as UP.
    Broken when that state is not reached.
    """
    scene.ensure_steady()


@then("each instance has exactly one discovery entry")
def each_instance_has_one_entry(scene: Scene) -> None:
    """Each announced instance has one discovery entry, and no other entry exists.

    Waits as long as the recoveries of the scenario may take, and until each lease that is no
    longer renewed has expired.
    """
    scene.invariants.expect_one_entry_per_instance()


@then(parsers.re(r"the (?P<balancer>[\w ]+) routes to exactly the announced (?P<service>[\w ]+)"))
def routing_equals_discovery(scene: Scene, balancer: str, service: str) -> None:
    """HAProxy has a server for each announced web server, and no other.

    Waits as long as *each instance has exactly one discovery entry*.
    """
    scene.expect_routing_equals_discovery(balancer, service)


@then("no unit runs twice")
def no_unit_runs_twice(scene: Scene) -> None:
    """No unit is active on two machines, at the first answer of fleet."""
    scene.invariants.expect_no_unit_runs_twice()


@then("etcd keeps its quorum")
def etcd_keeps_its_quorum(scene: Scene) -> None:
    """etcd answers reads that need a majority of its members.

    Waits as long as the election of a new leader may take.
    """
    scene.invariants.expect_quorum()
