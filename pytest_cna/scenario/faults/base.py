"""What a fault is: something that is done to the cluster, and undone whatever happens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pytest_cna.core.errors import CapabilityMissing, CnaError, HealFailed, InjectFailed

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.timeline import Event


class Fault(ABC):
    """``subject`` is what is hit: a unit, a container, a machine. ``machine`` is where."""

    kind: ClassVar[str]
    requires: ClassVar[frozenset[str]] = frozenset()
    """Capabilities the provider has to have."""

    def __init__(self, cluster: Cluster, subject: str, machine: str) -> None:
        self.cluster = cluster
        self.subject = subject
        self.machine = machine

    @abstractmethod
    def do(self) -> None:
        """Hit the subject; in effect on return."""

    @abstractmethod
    def undo(self) -> None:
        """Give back what was taken. Idempotent."""


class Faults:
    """The faults of one scenario. Each is on the timeline before and after it is done; all are
    healed in the end, the last one first."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._injected: list[Fault] = []

    def inject(self, fault: Fault) -> Event:
        """Raises CapabilityMissing when the provider cannot do it, InjectFailed otherwise."""
        provider = self._cluster.provider
        missing = fault.requires - provider.capabilities
        if missing:
            raise CapabilityMissing(
                f"provider {provider.name} cannot do a {fault.kind}: it lacks {', '.join(missing)}"
            )
        begun = self._record("injecting", fault)
        self._injected.append(fault)
        try:
            fault.do()
        except CnaError as error:
            raise InjectFailed(f"{fault.kind} of {fault.subject}: {error}") from error
        self._record("injected", fault)
        return begun

    def heal(self, fault: Fault) -> Event:
        """Undo one fault now; the event is the moment the undoing began."""
        begun = self._record("healing", fault)
        fault.undo()
        self._injected.remove(fault)
        self._record("healed", fault)
        return begun

    def heal_all(self) -> None:
        """Undo what is still done. Every one is tried; raises HealFailed naming those that could
        not be undone."""
        failed = []
        for fault in reversed(self._injected.copy()):
            try:
                self.heal(fault)
            except CnaError as error:
                failed.append(f"{fault.kind} of {fault.subject}: {error}")
        self._injected.clear()
        if failed:
            raise HealFailed("; ".join(failed))

    def _record(self, kind: str, fault: Fault) -> Event:
        return self._cluster.timeline.record(
            "fault", kind, fault.subject, fault=fault.kind, machine=fault.machine
        )
