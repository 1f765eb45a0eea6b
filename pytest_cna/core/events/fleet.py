"""fleet's list of machines, and whether fleet answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_cna.core.events.event import Event, declare
from pytest_cna.core.events.reachability import Reachable, Unreachable


@declare("fleet", "machine-joined", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineJoined(Event):
    """A machine is new in fleet's list."""

    machine: str
    address: str
    id: str
    """fleet's id of the machine, from ``/etc/machine-id``."""


@declare("fleet", "machine-gone", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineGone(Event):
    """A machine is no longer in fleet's list."""

    machine: str
    address: str
    id: str


@declare("fleet", "reachable")
@dataclass(frozen=True, slots=True)
class FleetReachable(Reachable):
    """fleet answers on at least one machine."""

    asked: ClassVar[str] = "fleet"


@declare("fleet", "unreachable")
@dataclass(frozen=True, slots=True)
class FleetUnreachable(Unreachable):
    """No machine's fleet answers; it needs a quorum of etcd."""

    asked: ClassVar[str] = "fleet"
