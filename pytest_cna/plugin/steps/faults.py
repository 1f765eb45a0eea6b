"""Steps that break something, and give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, when

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("a web server runs on a machine without the load balancer and the database")
def web_server_runs_apart(scene: Scene) -> None:
    """Choose a web server on a machine without the load balancer and the database.

    When there is none, fleet has to place one so: its units are unloaded and started again. The
    steps that follow mean this web server. Broken when fleet finds no machine for it.
    """
    scene.ensure_apart("web server", ("load balancer", "database"))


@given("the etcd leader runs on a machine without the database")
def leader_runs_apart(scene: Scene) -> None:
    """Make a machine without the database the etcd leader.

    Of several such machines the one with the most units is chosen. Broken when each member of etcd
    shares its machine with the database.
    """
    scene.ensure_leader_apart("database")


@when(parsers.re(r"(a|the) (?P<service>[\w ]+) is stopped"))
def service_is_stopped(scene: Scene, service: str) -> None:
    """Stop one unit of the service by fleet, and wait until systemd has stopped it.

    The unit is chosen at random (``--cna-seed``) the first time a scenario names the service;
    later steps mean the same unit. It is started again after the scenario if no step does.
    """
    scene.stop(service)


@when(parsers.re(r"(a|the) (?P<service>[\w ]+) is started"))
def service_is_started(scene: Scene, service: str) -> None:
    """Start the unit that was stopped.

    Broken when no unit was stopped before.
    """
    scene.start_again(service)


@when(parsers.re(r"the container of (a|the) (?P<service>[\w ]+) is killed"))
def container_is_killed(scene: Scene, service: str) -> None:
    """Kill the container of one unit of the service (SIGKILL).

    The unit is chosen as for *is stopped*. systemd has to start the container again.
    """
    scene.kill_container(service)


@when("the machine of the etcd leader is lost")
def machine_of_the_leader_is_lost(scene: Scene) -> None:
    """Cut the power of the machine that is the etcd leader.

    The machine gets power again after the scenario if no step does it. Broken when the provider
    cannot cut power.
    """
    scene.lose_leader()


@when(parsers.re(r"the machine of (the|that) (?P<service>(?!etcd)[\w ]+) is lost"))
def machine_of_service_is_lost(scene: Scene, service: str) -> None:
    """Cut the power of the machine that runs the chosen unit of the service.

    The machine gets power again after the scenario if no step does it. Broken when the provider
    cannot cut power.
    """
    scene.lose_machine_of(service)


@when("the lost machine returns")
def lost_machine_returns(scene: Scene) -> None:
    """Give the lost machine power again.

    Broken when no machine was lost before.
    """
    scene.return_machine()
