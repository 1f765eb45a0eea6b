"""Faults: what the scenario does to the cluster, and how it is undone."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class FaultEvent(Event):
    """A step in the life of one fault."""

    target: str
    """What it hits: a unit, a container, a machine."""
    fault: str
    """The kind of fault, a name of ``core.fault_kinds``."""
    machine: str
    """Where the target is."""


@declare("fault", "injecting", subject="target")
@dataclass(frozen=True, slots=True)
class FaultInjecting(FaultEvent):
    """A fault begins to be done."""


@declare("fault", "injected", subject="target")
@dataclass(frozen=True, slots=True)
class FaultInjected(FaultEvent):
    """A fault is in effect."""


@declare("fault", "healing", subject="target")
@dataclass(frozen=True, slots=True)
class FaultHealing(FaultEvent):
    """A fault begins to be undone."""


@declare("fault", "healed", subject="target")
@dataclass(frozen=True, slots=True)
class FaultHealed(FaultEvent):
    """A fault is undone; the cluster may still need its time to recover."""
