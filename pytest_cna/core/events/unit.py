"""What fleet does with units, and what systemd says of them through fleet."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("unit", "scheduled", subject="unit")
@dataclass(frozen=True, slots=True)
class UnitScheduled(Event):
    """fleet placed a unit on a machine, or took it away from everywhere."""

    unit: str
    machine: str
    """Where; empty: nowhere."""


@declare("unit", "state", subject="unit")
@dataclass(frozen=True, slots=True)
class UnitStateChanged(Event):
    """systemd's state of a unit on a machine changed, as fleet reports it."""

    unit: str
    machine: str
    load: str
    active: str
    """systemd's ActiveState: active, activating, failed …"""
    sub: str
    """systemd's SubState: running, dead …"""
