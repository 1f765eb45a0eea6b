"""Containers, from the events of the machine's Docker."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class ContainerEvent(Event):
    """Something happened to a container. The time is that of its machine's Docker, converted to
    this computer's clock."""

    container: str
    machine: str
    exit_code: str = ""
    """Exit code of the container's process once it has ended; else empty."""


@declare("container", "create", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerCreated(ContainerEvent):
    """A container was created; it does not run yet."""


@declare("container", "start", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerStarted(ContainerEvent):
    """A container's process was started."""


@declare("container", "die", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerDied(ContainerEvent):
    """A container's process ended, for any reason."""


@declare("container", "kill", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerKilled(ContainerEvent):
    """Docker sent a signal to a container, also the SIGTERM of a stop."""


@declare("container", "stop", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerStopped(ContainerEvent):
    """``docker stop`` of a container has finished."""


@declare("container", "destroy", subject="container")
@dataclass(frozen=True, slots=True)
class ContainerDestroyed(ContainerEvent):
    """A container was removed."""
