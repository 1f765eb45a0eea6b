"""The factory of customers: a process that sends HTTP requests or, in a simulated cluster, a fake
(the same test seam as ``cluster.clients``)."""

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


class TrafficFactory(Protocol):
    """Factory of customers."""

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
        """Customers that do ``actions``, not started yet; see Traffic."""
        ...

    def answer_seconds(self, actions: Sequence[Action], endpoints: Sequence[str]) -> float:
        """Seconds for an answer without other load. Raises ProductFailed without any."""
        ...

    def lost(
        self, actions: Sequence[Action], endpoints: Sequence[str], ids: Collection[str]
    ) -> list[str]:
        """The acknowledged ``ids`` that the application no longer has. Raises ProductFailed when it
        gives no clear answer."""
        ...


class RealTraffic:
    """Customers that send HTTP requests."""

    traffic = Traffic
    answer_seconds = staticmethod(answer_seconds)
    lost = staticmethod(lost)


@runtime_checkable
class HasTraffic(Protocol):
    """Clients of a simulated cluster, with fake customers."""

    @property
    def customers(self) -> TrafficFactory: ...


def traffic_of(clients: Clients) -> TrafficFactory:
    """The fake customers that ``clients`` have, else the real ones."""
    return clients.customers if isinstance(clients, HasTraffic) else RealTraffic()
