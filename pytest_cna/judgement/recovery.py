"""A recovery: one fault, or the undoing of one, and what has to follow for one instance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.events.container import ContainerEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.bounds import Bound


@dataclass(frozen=True, eq=False)
class Recovery:
    """One fault, or the undoing of one, and what has to follow. ``since`` is monotonic seconds.
    Each is equal to itself only: the same unit may be hit twice."""

    kind: FaultKind
    subject: str
    """What was hit: a unit, a container, a machine."""
    unit: DeployedUnit | None
    """The main unit whose way back is followed; None where only the machine's is."""
    machine: str
    """Where it was when it was hit."""
    since: float
    bounds: Mapping[Stage, Bound]
    history: float = 0.0
    """Since when the timeline speaks of this cluster (monotonic seconds)."""
    parts: frozenset[str] = frozenset()
    """Names whose faults hit this instance too: its unit, container and sidekick."""
    routers: frozenset[str] = frozenset()
    """Names whose faults hit a load balancer: its units and containers."""
    balancers: tuple[DeployedUnit, ...] = ()
    number: float = math.inf
    """Of the event with which it began: of one instant, what was recorded first came first."""

    @cached_property
    def instance(self) -> Instance:
        """The instance that was hit, at the machine where it was then."""
        return Instance(self.unit.name if self.unit else "", self.machine)

    def home(self, starts: Sequence[ContainerEvent]) -> str:
        """The machine that its container was started on last, of ``starts`` since the fault; one
        that has to move is at home on another machine only. Without any, where it was when it was
        hit."""
        machines = [event.machine for event in starts]
        if self.kind.moves:
            machines = [machine for machine in machines if machine != self.machine]
        return machines[-1] if machines else self.machine

    @property
    def name(self) -> str:
        """Who is followed: the unit, else the machine."""
        return self.unit.name if self.unit else self.machine

    @cached_property
    def bound(self) -> float:
        """Seconds that the whole recovery may take; 0 when no stage is followed."""
        return max((bound.seconds for bound in self.bounds.values()), default=0.0)

    @cached_property
    def deadline(self) -> float:
        """When it has to be over (monotonic seconds)."""
        return self.since + self.bound
