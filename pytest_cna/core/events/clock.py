"""Machines' clocks, compared with this computer's."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class ClockEvent(Event):
    """A machine's clock was read."""

    machine: str
    offset: float
    """Seconds by which it is ahead of this computer's clock."""
    uncertainty: float
    """Seconds by which the offset may be wrong."""


@declare("clock", "compared", subject="machine")
@dataclass(frozen=True, slots=True)
class ClockCompared(ClockEvent):
    """A machine's clock is right, within the limits of the measurement."""


@declare("clock", "drifted", subject="machine")
@dataclass(frozen=True, slots=True)
class ClockDrifted(ClockEvent):
    """A machine's clock is wrong; the times that the machine gives are converted by its offset."""
