"""Steps that break something, and give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, when

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("a web server runs on a machine without the load balancer and the database")
def web_server_runs_apart(scene: Scene) -> None:
    scene.ensure_apart("web server", ("load balancer", "database"))


@given("the etcd leader runs on a machine without the database")
def leader_runs_apart(scene: Scene) -> None:
    scene.ensure_leader_apart("database")


@when(parsers.re(r"(a|the) (?P<service>[\w ]+) is stopped"))
def service_is_stopped(scene: Scene, service: str) -> None:
    scene.stop(service)


@when(parsers.re(r"(a|the) (?P<service>[\w ]+) is started"))
def service_is_started(scene: Scene, service: str) -> None:
    scene.start_again(service)


@when(parsers.re(r"the container of (a|the) (?P<service>[\w ]+) is killed"))
def container_is_killed(scene: Scene, service: str) -> None:
    scene.kill_container(service)


@when("the machine of the etcd leader is lost")
def machine_of_the_leader_is_lost(scene: Scene) -> None:
    scene.lose_leader()


@when(parsers.re(r"the machine of (the|that) (?P<service>(?!etcd)[\w ]+) is lost"))
def machine_of_service_is_lost(scene: Scene, service: str) -> None:
    scene.lose_machine_of(service)


@when("the lost machine returns")
def lost_machine_returns(scene: Scene) -> None:
    scene.return_machine()
