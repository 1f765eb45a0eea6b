"""Steps about recovery: each stage within the bound that is computed from the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import parsers, then

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@then("its discovery entry is gone within the bound")
def entry_is_gone(scene: Scene) -> None:
    """The discovery entry of the stopped unit is gone from etcd."""
    scene.await_stage("withdrawn")


@then("it is out of routing within the bound")
def out_of_routing(scene: Scene) -> None:
    """HAProxy sends no new requests to the server of the stopped unit."""
    scene.await_stage("unrouted")


@then("systemd runs it again within the bound")
def systemd_runs_it_again(scene: Scene) -> None:
    """The container of the unit runs again, on the same machine."""
    scene.await_stage("running")


@then("fleet places it on another machine within the bound")
def placed_on_another_machine(scene: Scene) -> None:
    """fleet has placed the unit of the lost machine on another one."""
    scene.await_stage("scheduled")


@then(
    parsers.re(r"fleet places it on another machine that is (?P<key>\w+) within the bound"),
)
def placed_on_another_machine_that_is(scene: Scene, key: str) -> None:
    """The same, and the metadata of that machine has ``<key>=true``."""
    scene.await_stage("scheduled")
    scene.expect_metadata(key, "true")


@then("every unit of the lost machine is placed on another machine within the bound")
def every_unit_is_placed(scene: Scene) -> None:
    """fleet has placed each main unit of the lost machine on another one.

    Each unit is judged against a bound of its own.
    """
    scene.await_all_placed()


@then("it is announced within the bound")
def announced(scene: Scene) -> None:
    """The unit has a discovery entry in etcd again.

    After the loss of a machine: an entry that names another machine.
    """
    scene.await_stage("announced")


@then("it is routed within the bound")
def routed(scene: Scene) -> None:
    """HAProxy has the server of the unit as UP."""
    scene.await_stage("routed")


@then("it serves customers within the bound")
@then("customers are served within the bound")
@then("customers who follow discovery are served within the bound")
def serving(scene: Scene) -> None:
    """A customer got a good answer from the unit.

    For a service without a backend of HAProxy: from then on no request has failed.
    """
    scene.await_stage("serving")


@then("it joins the cluster again within the bound")
def joined(scene: Scene) -> None:
    """The machine that returned is in fleet's list of machines."""
    scene.await_stage("joined")


@then("the application's configuration no longer names it within the bound")
def configuration_dropped(scene: Scene) -> None:
    """No copy of the application's configuration has the unit.

    confd writes that file; it is read in each container that has it.
    """
    scene.await_configuration(names=False)


@then("the application's configuration names it again within the bound")
def configuration_named(scene: Scene) -> None:
    """Each copy of the application's configuration has the unit again."""
    scene.await_configuration(names=True)
