"""Steps about the deployment as a whole: complete, announced, routed, nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, then

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("the complete set is launched")
@given("the deployment is in its steady state")
def complete_set_is_launched(scene: Scene) -> None:
    """Wait until the deployment is in its steady state.

    The deployment is launched when the first scenario needs it. Steady state: each unit is
    active, each announced service has its entries, HAProxy has each of its servers as UP. Fails
    when that state is not reached.
    """
    scene.ensure_steady()


@then("each instance has exactly one discovery entry")
def each_instance_has_one_entry(scene: Scene) -> None:
    """Each announced instance has one discovery entry, and no other entry exists.

    Not demanded are instances that a fault keeps away: stopped, paused. Waits until the recoveries
    of the scenario are over, and until each lease that is no longer renewed has expired.
    """
    scene.invariants.expect_one_entry_per_instance()


@then(parsers.re(r"the (?P<balancer>[\w ]+) routes to exactly the announced (?P<service>[\w ]+)"))
def routing_equals_discovery(scene: Scene, balancer: str, service: str) -> None:
    """Each load balancer has a server that is UP for each announced web server, and no other.

    Waits as long as *each instance has exactly one discovery entry*.
    """
    scene.expect_routing_equals_discovery(balancer, service)


@then("no unit runs twice")
def no_unit_runs_twice(scene: Scene) -> None:
    """No container of a unit runs on two machines, by the word of each machine's Docker.

    A machine that returned has the time of a pass of fleet's agent to end what it should not run.
    Broken when a machine's Docker does not answer.
    """
    scene.invariants.expect_no_unit_runs_twice()


@then("etcd keeps its quorum")
def etcd_keeps_its_quorum(scene: Scene) -> None:
    """etcd answers reads that need a majority of its members.

    Waits as long as the election of a new leader may take.
    """
    scene.invariants.expect_quorum()
