"""Steps that inject a fault, and undo it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, when

from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, MACHINE_LOSS, SERVICE_STOP

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


def _services(text: str) -> list[str]:
    """``load balancer, the cache and the database`` → its three services."""
    return [each.removeprefix("the ").strip() for each in re.split(r",| and ", text)]


@given(
    parsers.re(
        r"(a|an|the) (?P<service>[\w ]+?) runs on a machine without the (?P<others>[\w ,]+)"
    ),
    converters={"others": _services},
)
def service_runs_apart(scene: Scene, service: str, others: list[str]) -> None:
    """Choose an instance of the service on a machine without the other services.

    When there is none, fleet has to place one so: its units are unloaded and started again. The
    steps that follow mean this instance. Broken when fleet finds no machine for it.
    """
    scene.ensure_apart(service, others)


@given(parsers.re(r"the etcd leader runs on a machine without the (?P<service>[\w ]+)"))
def leader_runs_apart(scene: Scene, service: str) -> None:
    """Make a machine without the service the etcd leader.

    Of several such machines the one with the most units is chosen. Broken when each member of etcd
    shares its machine with it.
    """
    scene.ensure_leader_apart(service)


@when(parsers.re(r"(a|an|the) (?P<service>[\w ]+) is stopped"))
def service_is_stopped(scene: Scene, service: str) -> None:
    """Stop one unit of the service by fleet, and wait until systemd has stopped it.

    The unit is chosen at random (``--cna-seed``) the first time a scenario names the service;
    later steps mean the same unit. It is started again after the scenario if no step does.
    """
    scene.inject(SERVICE_STOP, service)


@when(parsers.re(r"(a|an|the) (?P<service>[\w ]+) is started"))
def service_is_started(scene: Scene, service: str) -> None:
    """Start the unit that was stopped.

    Broken when no unit was stopped before.
    """
    scene.undo(SERVICE_STOP, service)


@when(parsers.re(r"the container of (a|an|the) (?P<service>[\w ]+) is killed"))
def container_is_killed(scene: Scene, service: str) -> None:
    """Kill the container of one unit of the service (SIGKILL).

    The unit is chosen as for *is stopped*. systemd has to start the container again.
    """
    scene.inject(CONTAINER_KILL, service)


@when(parsers.re(r"the container of (a|an|the) (?P<service>[\w ]+) is paused"))
def container_is_paused(scene: Scene, service: str) -> None:
    """Pause the container of one unit of the service: its processes stand still.

    The unit is chosen as for *is stopped*. The container goes on after the scenario if no step
    resumes it; its machine sees to that, two minutes after the longest bound, even if this run is
    killed.
    """
    scene.inject(CONTAINER_PAUSE, service)


@when(parsers.re(r"the container of (a|an|the) (?P<service>[\w ]+) is resumed"))
def container_is_resumed(scene: Scene, service: str) -> None:
    """Let the paused container go on.

    Broken when it was not paused before.
    """
    scene.undo(CONTAINER_PAUSE, service)


@when("the machine of the etcd leader is lost")
def machine_of_the_leader_is_lost(scene: Scene) -> None:
    """Cut the power of the machine that is the etcd leader.

    The machine gets power again after the scenario if no step does it. Broken when the provider
    cannot cut power.
    """
    scene.lose_leader()


@when(parsers.re(r"the machine of (a|an|the|that) (?P<service>(?!etcd)[\w ]+) is lost"))
def machine_of_service_is_lost(scene: Scene, service: str) -> None:
    """Cut the power of the machine that runs the chosen unit of the service.

    The machine gets power again after the scenario if no step does it. Broken when the provider
    cannot cut power.
    """
    scene.inject(MACHINE_LOSS, service)


@when("the lost machine returns")
def lost_machine_returns(scene: Scene) -> None:
    """Give the lost machine power again.

    Broken when no machine was lost before.
    """
    scene.undo(MACHINE_LOSS)
