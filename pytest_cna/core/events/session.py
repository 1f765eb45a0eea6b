"""The run: what it launches, and what it measures on its cluster."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("session", "launching", subject="deployment")
@dataclass(frozen=True, slots=True)
class SessionLaunching(Event):
    """The deployment's units are being submitted to fleet."""

    deployment: str


@declare("session", "launched", subject="deployment")
@dataclass(frozen=True, slots=True)
class SessionLaunched(Event):
    """Every unit of a deployment runs, is announced and routed."""

    deployment: str


@declare("session", "paced", subject="machine")
@dataclass(frozen=True, slots=True)
class ContainersMeasured(Event):
    """The time that containers need to start and end on this cluster was measured."""

    machine: str
    """The slowest machine."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""


@declare("session", "rendered")
@dataclass(frozen=True, slots=True)
class ReloadMeasured(Event):
    """The time that a load balancer needs to reload its configuration was measured."""

    seconds: float


@declare("session", "rebuilding", subject="session")
@dataclass(frozen=True, slots=True)
class SessionRebuilding(Event):
    """The deployment does not reach its steady state: the cluster is destroyed and replaced."""

    session: str
    why: str
