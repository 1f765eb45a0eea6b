"""The fault seam: something that is done to the cluster, and undone whatever happens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pytest_cna.scenario.faults.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.fault_kinds import FaultKind

LEAST_LIMIT = 60.0
"""Seconds that a fault is kept up at most, at the least."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A shell command by which a machine undoes a fault by itself; idempotent."""

    machine: str
    command: str


class Fault(ABC):
    """``target`` is what is hit: a Target or, for a fault of your own, a name, with ``machine`` as
    the place where it is."""

    kind: ClassVar[FaultKind]
    limit: float = LEAST_LIMIT
    """Seconds that what follows may take by its bounds; set before ``do``."""

    def __init__(self, cluster: Cluster, target: Target | str, machine: str = "") -> None:
        self.cluster = cluster
        made = target if isinstance(target, Target) else Target((machine,), name=target)
        self.target: Target = made

    @property
    def subject(self) -> str:
        """The name of what is hit: a unit, a container, a machine."""
        return self.target.subject(self.kind.hits)

    @property
    def machine(self) -> str:
        """The name of the machine where it is."""
        return self.target.machine

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}"

    @abstractmethod
    def do(self) -> None:
        """Hit the target; in effect on return. Raises CnaError when it could not be done, and
        ProductFailed when the product keeps it from taking effect."""

    @abstractmethod
    def undo(self) -> None:
        """Give back what was taken. Idempotent."""

    @property
    def dead_man(self) -> str:
        """Shell command by which the machine undoes the fault when this process no longer can
        (it was killed); idempotent. Empty where nothing on the machine could."""
        return ""

    @property
    def guards(self) -> Sequence[Guard]:
        """What undoes the fault when this process no longer can; by default ``dead_man`` on its
        machine. A fault that a provider injects hands it the time instead (``Provider.isolate``).
        """
        return [Guard(self.machine, self.dead_man)] if self.dead_man else []
