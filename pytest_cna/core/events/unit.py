"""Units: where fleet places them, and their systemd states as fleet reports them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("unit", "scheduled", subject="unit")
@dataclass(frozen=True, slots=True)
class UnitScheduled(Event):
    """fleet placed a unit on a machine, or unscheduled it."""

    unit: str
    machine: str
    """The machine; empty when unscheduled."""


@declare("unit", "state", subject="unit")
@dataclass(frozen=True, slots=True)
class UnitStateChanged(Event):
    """The systemd state of a unit on a machine changed."""

    unit: str
    machine: str
    load: str
    active: str
    """systemd's ActiveState: active, activating, failed …"""
    sub: str
    """systemd's SubState: running, dead …"""
