"""The run itself: what it makes, and what it measures of the computer it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("session", "launching", subject="deployment")
@dataclass(frozen=True, slots=True)
class SessionLaunching(Event):
    """The units of a deployment are given to fleet."""

    deployment: str


@declare("session", "launched", subject="deployment")
@dataclass(frozen=True, slots=True)
class SessionLaunched(Event):
    """Every unit of a deployment runs, is announced and routed."""

    deployment: str


@declare("session", "paced", subject="machine")
@dataclass(frozen=True, slots=True)
class ContainersMeasured(Event):
    """It was measured how fast containers start and end here."""

    machine: str
    """The slowest."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""


@declare("session", "rendered")
@dataclass(frozen=True, slots=True)
class ReloadMeasured(Event):
    """It was measured how long a load balancer takes to read its configuration again."""

    seconds: float


@declare("session", "rebuilding", subject="session")
@dataclass(frozen=True, slots=True)
class SessionRebuilding(Event):
    """The deployment does not settle: the cluster is destroyed and made again."""

    session: str
    why: str
