"""The faults of one scenario: guarded, done, recorded, and all healed in the end."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CapabilityMissing, CnaError, HealFailed, InjectFailed
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.scenario.faults.base import LEAST_LIMIT

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.scenario.faults.base import Fault, Guard

MARGIN = 120.0
"""Seconds beyond the longest bound after which a machine undoes a fault by itself."""
LONGEST = 3600.0
"""Seconds after which it does so in any case."""
ACCURACY = 1.0
"""Seconds that its timer may be late."""


class InjectedFaults:
    """The faults of one scenario. Each is on the timeline before and after it is done; all are
    healed in the end, the last one first."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._injected: dict[Fault, float] = {}
        """Fault in effect → when its guards undo it (monotonic seconds)."""
        self._undone: set[Fault] = set()
        """Those of them that their guards have undone."""
        self._kinds: set[FaultKind] = set()

    def check(self, fault: Fault) -> None:
        """Raise CapabilityMissing when the provider cannot do it; nothing is done."""
        provider = self._cluster.provider
        missing = fault.kind.requires - provider.capabilities
        if missing:
            raise CapabilityMissing(
                f"provider '{provider.name}' has no {', '.join(sorted(missing))}, which a "
                f"'{fault.kind}' needs"
            )

    def inject(self, fault: Fault, limit: float = LEAST_LIMIT) -> FaultEvent:
        """Guard it, then do it; the event is the moment before it is done. What follows may take
        ``limit`` seconds, after which, and a margin, the guards undo it.

        Raises CapabilityMissing when the provider cannot do it, ProductFailed when the product
        keeps it from taking effect, InjectFailed otherwise.
        """
        self.check(fault)
        fault.limit = limit or LEAST_LIMIT
        seconds = min(LONGEST, max(LEAST_LIMIT, limit) + MARGIN)
        try:
            for number, guard in enumerate(fault.guards):
                self._arm(fault, number, guard, seconds)
            self._kinds.add(fault.kind)
            begun = self._record(FaultInjecting, fault)
            self._injected[fault] = begun.monotonic + seconds
            fault.do()
        except CnaError as error:
            raise InjectFailed(f"{fault}: {error}") from error
        self._record(FaultInjected, fault)
        return begun

    def in_effect(self, fault: Fault) -> bool:
        """Whether it was injected and is not healed."""
        return fault in self._injected

    @property
    def kinds(self) -> frozenset[FaultKind]:
        """Those of all that were injected, healed or not."""
        return frozenset(self._kinds)

    def heal(self, fault: Fault) -> FaultEvent:
        """Undo one fault now; the event is the moment the undoing began."""
        self.note_guards()
        begun = self._record(FaultHealing, fault)
        fault.undo()
        self._record(FaultHealed, fault)
        del self._injected[fault]
        for number, guard in enumerate(fault.guards):
            self._disarm(fault, number, guard)
        return begun

    def note_guards(self) -> None:
        """Record which faults in effect their guards have undone, because their time is over."""
        now = clock.monotonic()
        for fault, due in self._injected.items():
            if fault not in self._undone and fault.guards and now > due + ACCURACY:
                self._undone.add(fault)
                self._record(FaultUndoneByGuard, fault, at=due)

    def heal_all(self) -> None:
        """Heal every injected fault, the last first; try all even if one fails. Raises HealFailed
        naming those that could not be undone."""
        failed = []
        for fault in reversed(list(self._injected)):
            try:
                self.heal(fault)
            except CnaError as error:
                failed.append(f"{fault}: {error}")
        self._injected.clear()
        if failed:
            raise HealFailed("; ".join(failed))

    def _arm(self, fault: Fault, number: int, guard: Guard, seconds: float) -> None:
        self._cluster.machine(guard.machine).check(
            f"systemd-run --quiet --unit={_timer(fault, number)} --on-active={seconds:g} "
            f"--timer-property=AccuracySec={ACCURACY:g}s /bin/sh -c {shlex.quote(guard.command)}"
        )

    def _disarm(self, fault: Fault, number: int, guard: Guard) -> None:
        machine = self._cluster.machine(guard.machine)
        # gone already when it fired: no error
        machine.run(f"systemctl stop {_timer(fault, number)}.timer")

    def _record(self, made: type[FaultEvent], fault: Fault, at: float | None = None) -> FaultEvent:
        event = made(fault.subject, fault=fault.kind.name, machine=fault.machine)
        return self._cluster.timeline.record(event, at=at)


def _timer(fault: Fault, number: int) -> str:
    return re.sub(r"[^\w.-]", "-", f"cna-undo-{fault.kind.name}-{fault.subject}-{number}")
