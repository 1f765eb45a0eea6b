"""Faults that a scenario injects and heals."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class FaultEvent(Event):
    """A fault began, took effect, or was undone."""

    target: str
    """What the fault hits: a unit, a container, a machine."""
    fault: str
    """The kind of fault, a name of ``core.fault_kinds``."""
    machine: str
    """The machine that the target is on."""

    @property
    def targets(self) -> list[str]:
        """Each name in ``target``, which may be of several machines."""
        return self.target.split(", ")


@declare("fault", "injecting", subject="target")
@dataclass(frozen=True, slots=True)
class FaultInjecting(FaultEvent):
    """The injection of a fault begins."""


@declare("fault", "injected", subject="target")
@dataclass(frozen=True, slots=True)
class FaultInjected(FaultEvent):
    """A fault is in effect."""


@declare("fault", "healing", subject="target")
@dataclass(frozen=True, slots=True)
class FaultHealing(FaultEvent):
    """The healing of a fault begins."""


@declare("fault", "healed", subject="target")
@dataclass(frozen=True, slots=True)
class FaultHealed(FaultEvent):
    """A fault is undone; the cluster may still be recovering."""


@declare("fault", "guarded", subject="target")
@dataclass(frozen=True, slots=True)
class FaultUndoneByGuard(FaultEvent):
    """The machine itself undid a fault before the scenario did, because its time was over."""
