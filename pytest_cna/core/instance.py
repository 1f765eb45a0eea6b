"""An instance: one unit on one machine, which is what is hit, followed, announced and routed."""

from __future__ import annotations

from dataclasses import dataclass

SUFFIX = ".service"


@dataclass(frozen=True, slots=True, order=True)
class Instance:
    """A unit on a machine. A unit alone is no identity: a global unit is on every machine, and one
    that moves is a different instance afterwards."""

    unit: str
    """The unit's full name, ``zurmo_apache@8001.service``."""
    machine: str
    """The machine's name; empty where it is not known."""

    @property
    def served_by(self) -> str:
        """The text by which an application says which instance answered: the unit's name without
        its suffix, a blank, the machine's name."""
        return f"{self.unit.removesuffix(SUFFIX)} {self.machine}".rstrip()

    def __str__(self) -> str:
        return f"{self.unit} on {self.machine}" if self.machine else self.unit


def instance_of(served_by: str) -> Instance | None:
    """The instance in an answer's text; None for an answer that names none."""
    unit, _, machine = served_by.partition(" ")
    return Instance(f"{unit}{SUFFIX}", machine.strip()) if unit else None
