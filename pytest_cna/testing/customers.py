"""Factory of simulated customers, and their audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProductFailed, WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.testing.traffic import FakeTraffic

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.application import Action
    from pytest_cna.testing.defects import Defect
    from pytest_cna.testing.requests import FakeRequests
    from pytest_cna.testing.surroundings import Surroundings

PATIENCE = 60.0
"""Seconds for a clear answer to an audit."""
CUSTOMERS = 100
"""At most."""


class FakeCustomers:
    """``scenario.traffic.factory.TrafficFactory`` of one world."""

    def __init__(self, around: Surroundings, requests: FakeRequests) -> None:
        self._around = around
        self._requests = requests
        around.defects.on_begin["loses records"] = [self._lose]
        self.made: list[FakeTraffic] = []
        """All so far, the latest last."""

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
    ) -> FakeTraffic:
        made = FakeTraffic(
            self._around,
            self._requests,
            actions,
            directory,
            timeline=timeline,
            rate=rate,
            customers=customers,
            seed=seed,
            delay_ms=delay_ms,
            words=words,
        )
        self.made.append(made)
        return made

    def answer_seconds(self, actions: Sequence[Action], endpoints: Sequence[str]) -> float:
        outcome = self._requests.ask(endpoints)
        if outcome.error:
            raise ProductFailed(
                f"no request to {', '.join(endpoints) or 'any load balancer'} returned an expected "
                f"status; last: {outcome.error}"
            )
        return outcome.seconds

    def lost(
        self, actions: Sequence[Action], endpoints: Sequence[str], ids: Collection[str]
    ) -> list[str]:
        """As the real audit does, ask until there is a clear answer. Raises ProductFailed when for
        PATIENCE seconds there is none."""

        def look() -> bool:
            outcome = self._requests.ask(endpoints)
            if outcome.error:
                raise _Unclear(outcome.error)
            return True

        try:
            wait_for(
                look,
                waiting_for="a clear answer for every record",
                timeout=PATIENCE,
                interval=0.2,
                transient=(_Unclear,),
            )
        except WaitTimeout as error:
            raise ProductFailed(
                f"{', '.join(endpoints) or 'no load balancer'} answered neither an expected status "
                f"nor 404 for {PATIENCE:.0f} s; last: {error.last_seen}"
            ) from error
        return sorted(self._around.lost.intersection(ids))

    def _lose(self, defect: Defect) -> None:
        self._around.lost |= {
            f"{customer}-{number}"
            for customer in range(CUSTOMERS)
            for number in range(1, 1 + int(defect.value))
        }


class _Unclear(Exception):
    """An answer that says nothing about a record."""
