"""A fault of the tests' own: the container of the first web server stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulated import machine_of, simulated, unit

from pytest_cna.core.events.fault import FaultEvent
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.scenario.faults.container import ContainerPause

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.scenario.faults.base import Fault

WEB = unit("web server")
FROZEN = FaultKind("freeze", "container", (), "{} was frozen")


class Freeze(ContainerPause):
    """A pause whose recovery is not followed."""

    kind: ClassVar[FaultKind] = FROZEN


def freeze(running: RunningDeployment, made: type[Fault] = Freeze) -> Fault:
    """A fault of that class, by the name of the container."""
    return made(running.cluster, WEB.container, running.machine_of(WEB))


def status(running: RunningDeployment) -> str:
    """Of the container."""
    return simulated(running, machine_of(running, WEB)).containers[WEB.container].status


def fault_events(running: RunningDeployment) -> list[type[FaultEvent]]:
    return [type(event) for event in running.timeline.events(FaultEvent)]
