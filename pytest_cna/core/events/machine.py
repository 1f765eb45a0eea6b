"""Machines' power, as the provider takes it and gives it back."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("machine", "lost", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineLost(Event):
    """A machine has no power any more."""

    machine: str


@declare("machine", "started", subject="machine")
@dataclass(frozen=True, slots=True)
class MachineStarted(Event):
    """A machine has power again; its programs are not up yet."""

    machine: str
