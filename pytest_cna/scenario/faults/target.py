"""What a fault hits, apart from what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.deployment.deployment import DeployedUnit


@dataclass(frozen=True, slots=True)
class Target:
    """Machines, and what is hit on them."""

    machines: tuple[str, ...]
    """Names; several for a fault between machines."""
    units: tuple[DeployedUnit, ...] = ()
    """The units that are hit, of which the first is followed; none where only a machine is."""
    container: str = ""
    name: str = ""
    """What a fault of your own hits, where it is neither a unit of the deployment nor a machine."""

    @property
    def machine(self) -> str:
        """The first machine; empty without one."""
        return self.machines[0] if self.machines else ""

    def subject(self, hits: str) -> str:
        """The name of what a fault hits that hits a ``unit``, a ``container`` or a ``machine``."""
        if self.name:
            return self.name
        if hits == "container":
            return self.container
        if hits == "unit" and self.units:
            return self.units[0].name
        return ", ".join(self.machines)


def target_of(unit: DeployedUnit, machine: str) -> Target:
    """One unit and its container, on that machine."""
    return Target((machine,), (unit,), unit.container)
