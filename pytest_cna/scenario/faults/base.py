"""The fault seam: something that is done to the cluster, and undone whatever happens."""

from __future__ import annotations

import re
import shlex
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pytest_cna.core.errors import CapabilityMissing, CnaError, HealFailed, InjectFailed
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
)

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.fault_kinds import FaultKind

DEAD_MAN = 180.0
"""Seconds after which a machine undoes a fault by itself; longer than any bound."""


class Fault(ABC):
    """``subject`` is what is hit: a unit, a container, a machine. ``machine`` is where."""

    kind: ClassVar[FaultKind]
    known: ClassVar[dict[FaultKind, type[Fault]]] = {}
    """Every fault that was imported, by its kind."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.known[cls.kind] = cls

    def __init__(self, cluster: Cluster, subject: str, machine: str) -> None:
        self.cluster = cluster
        self.subject = subject
        self.machine = machine

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}"

    @abstractmethod
    def do(self) -> None:
        """Hit the subject; in effect on return."""

    @abstractmethod
    def undo(self) -> None:
        """Give back what was taken. Idempotent."""

    @property
    def dead_man(self) -> str:
        """Shell command by which the machine undoes the fault when this process no longer can
        (it was killed); idempotent. Empty where nothing on the machine could."""
        return ""


class InjectedFaults:
    """The faults of one scenario. Each is on the timeline before and after it is done; all are
    healed in the end, the last one first."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._injected: list[Fault] = []

    def inject(self, fault: Fault) -> FaultEvent:
        """Do it now; the event is the moment before. Raises CapabilityMissing when the provider
        cannot do it, InjectFailed otherwise."""
        provider = self._cluster.provider
        missing = fault.kind.requires - provider.capabilities
        if missing:
            raise CapabilityMissing(
                f"provider {provider.name} cannot do a {fault.kind}: it lacks {', '.join(missing)}"
            )
        try:
            self._arm(fault)
            begun = self._record(FaultInjecting, fault)
            self._injected.append(fault)
            fault.do()
        except CnaError as error:
            raise InjectFailed(f"{fault}: {error}") from error
        self._record(FaultInjected, fault)
        return begun

    def in_effect(self, fault: Fault) -> bool:
        """Whether it was injected and is not healed."""
        return fault in self._injected

    def heal(self, fault: Fault) -> FaultEvent:
        """Undo one fault now; the event is the moment the undoing began."""
        begun = self._record(FaultHealing, fault)
        fault.undo()
        self._record(FaultHealed, fault)
        self._injected.remove(fault)
        self._disarm(fault)
        return begun

    def heal_all(self) -> None:
        """Undo what is still done. Every one is tried; raises HealFailed naming those that could
        not be undone."""
        failed = []
        for fault in reversed(self._injected.copy()):
            try:
                self.heal(fault)
            except CnaError as error:
                failed.append(f"{fault}: {error}")
        self._injected.clear()
        if failed:
            raise HealFailed("; ".join(failed))

    def _arm(self, fault: Fault) -> None:
        if fault.dead_man:
            self._cluster.machine(fault.machine).check(
                f"systemd-run --quiet --unit={_timer(fault)} --on-active={DEAD_MAN:g} "
                f"--timer-property=AccuracySec=1s /bin/sh -c {shlex.quote(fault.dead_man)}"
            )

    def _disarm(self, fault: Fault) -> None:
        if fault.dead_man:
            # gone already when it fired: no error
            self._cluster.machine(fault.machine).run(f"systemctl stop {_timer(fault)}.timer")

    def _record(self, made: type[FaultEvent], fault: Fault) -> FaultEvent:
        event = made(fault.subject, fault=fault.kind.name, machine=fault.machine)
        return self._cluster.timeline.record(event)


def _timer(fault: Fault) -> str:
    return re.sub(r"[^\w.-]", "-", f"cna-undo-{fault.kind.name}-{fault.subject}")
