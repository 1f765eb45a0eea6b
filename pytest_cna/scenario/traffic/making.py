"""Who plays the customers: a process of their own that talks HTTP, or, in a simulated cluster, the
fake that the simulation brings along (the same test seam as ``cluster.clients``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_cna.scenario.traffic import Traffic
from pytest_cna.scenario.traffic.answer import answer_seconds
from pytest_cna.scenario.traffic.audit import lost

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pytest_cna.cluster.clients import Clients
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.application import Action


class MakesTraffic(Protocol):
    """What customers are made with."""

    def traffic(
        self,
        actions: Sequence[Action],
        directory: Path,
        *,
        timeline: Timeline,
        rate: float,
        customers: int,
        seed: int,
        delay_ms: int,
        words: Sequence[str],
    ) -> Traffic:
        """Customers that do ``actions``, not at work yet; see Traffic."""
        ...

    def answer_seconds(self, actions: Sequence[Action], endpoints: Sequence[str]) -> float:
        """How long an answer takes that nothing else is waiting for. Raises CnaError."""
        ...

    def lost(
        self, actions: Sequence[Action], endpoints: Sequence[str], ids: Collection[str]
    ) -> list[str]:
        """Which of ``ids``, all of them acknowledged, are not there. Raises CnaError."""
        ...


class RealTraffic:
    """Over HTTP."""

    traffic = Traffic
    answer_seconds = staticmethod(answer_seconds)
    lost = staticmethod(lost)


@runtime_checkable
class BringsTraffic(Protocol):
    """Clients of a simulated cluster."""

    @property
    def customers(self) -> MakesTraffic: ...


def traffic_of(clients: Clients) -> MakesTraffic:
    """The real one, unless ``clients`` bring another."""
    return clients.customers if isinstance(clients, BringsTraffic) else RealTraffic()
