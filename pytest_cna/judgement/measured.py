"""How fast a cluster is, as measured on it: the numbers that terms are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ContainerTimes:
    """How long containers take to start and to end on the slowest machine."""

    start: float
    """Seconds from a unit's start to its container's."""
    end: float
    """Seconds from a container's end until the unit's command has returned."""
    machine: str
    """The slowest machine."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How fast this cluster is (s)."""

    containers: ContainerTimes | None
    """In the steady state; None when it could not be measured."""
    answering: Mapping[str, float]
    """Service name → from the container's start to the discovery entry, the worst instance when
    the set was launched."""
    boot: float
    """From a machine's power to fleet's list."""
    look: float = 0.25
    """Between two answers of fleet to its observer."""
    reload: float | None = None
    """Of the load balancer's commands to check and to use a new configuration, while a
    container starts on its machine."""
