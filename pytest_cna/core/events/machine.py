"""The power of machines, as the provider switches it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("machine", "lost", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineLost(Event):
    """A machine's power was cut."""

    machine: str


@declare("machine", "started", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineStarted(Event):
    """A machine has power again; it is still booting."""

    machine: str
