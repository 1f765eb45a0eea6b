"""Steps about the way back: within the bound that follows from what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import parsers, then

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@then("its discovery entry is gone within the bound")
def entry_is_gone(scene: Scene) -> None:
    scene.await_stage("withdrawn")


@then("it is out of routing within the bound")
def out_of_routing(scene: Scene) -> None:
    scene.await_stage("unrouted")


@then("systemd runs it again within the bound")
def systemd_runs_it_again(scene: Scene) -> None:
    scene.await_stage("running")


@then("fleet places it on another machine within the bound")
def placed_on_another_machine(scene: Scene) -> None:
    scene.await_stage("scheduled")


@then(
    parsers.re(r"fleet places it on another machine that is (?P<key>\w+) within the bound"),
)
def placed_on_another_machine_that_is(scene: Scene, key: str) -> None:
    scene.await_stage("scheduled")
    scene.expect_metadata(key, "true")


@then("every unit of the lost machine is placed on another machine within the bound")
def every_unit_is_placed(scene: Scene) -> None:
    scene.await_all_placed()


@then("it is announced within the bound")
def announced(scene: Scene) -> None:
    scene.await_stage("announced")


@then("it is routed within the bound")
def routed(scene: Scene) -> None:
    scene.await_stage("routed")


@then("it serves customers within the bound")
@then("customers are served within the bound")
@then("customers who follow discovery are served within the bound")
def serving(scene: Scene) -> None:
    scene.await_stage("serving")


@then("it joins the cluster again within the bound")
def joined(scene: Scene) -> None:
    scene.await_stage("joined")


@then("the application's configuration no longer names it within the bound")
def configuration_dropped(scene: Scene) -> None:
    scene.await_configuration(names=False)


@then("the application's configuration names it again within the bound")
def configuration_named(scene: Scene) -> None:
    scene.await_configuration(names=True)
