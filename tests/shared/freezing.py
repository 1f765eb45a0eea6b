"""A fault of the tests' own: the container of the first web server stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulated import machine_of, simulated, unit

from pytest_cna.cluster.engine.docker import Docker, unpause
from pytest_cna.core.events.fault import FaultEvent
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.scenario.faults.base import Fault

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment

WEB = unit("web server")
FROZEN = FaultKind("freeze", "container", (), "{} was frozen")


class Freeze(Fault):
    """Followed by nobody, and undone by the machine, too."""

    kind: ClassVar[FaultKind] = FROZEN

    def do(self) -> None:
        Docker(self.cluster.machine(self.machine)).pause(self.subject)

    def undo(self) -> None:
        Docker(self.cluster.machine(self.machine)).resume(self.subject)

    @property
    def dead_man(self) -> str:
        return unpause(self.subject)


def freeze(running: RunningDeployment, made: type[Fault] = Freeze) -> Fault:
    """A fault of that class, by the name of the container."""
    return made(running.cluster, WEB.container, running.machine_of(WEB))


def status(running: RunningDeployment) -> str:
    """Of the container."""
    return simulated(running, machine_of(running, WEB)).containers[WEB.container].status


def fault_events(running: RunningDeployment) -> list[type[FaultEvent]]:
    return [type(event) for event in running.timeline.events(FaultEvent)]
