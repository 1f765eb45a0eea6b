"""Customers of a simulated cluster: what each request would get there."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_cna.core.errors import TrafficError
from pytest_cna.core.events.traffic import TrafficEndpointsChanged
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.traffic.control import Traffic
from pytest_cna.scenario.traffic.plan import template
from pytest_cna.scenario.traffic.records import to_line

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.application import Action
    from pytest_cna.testing.clock import Timer
    from pytest_cna.testing.flight import Outcome
    from pytest_cna.testing.requests import FakeRequests
    from pytest_cna.testing.surroundings import Surroundings


class FakeTraffic(Traffic):
    """``scenario.traffic.Traffic`` without a process: a request is due whenever the fake clock says
    so, and gets what the world's load balancer would have answered at that moment."""

    def __init__(
        self,
        around: Surroundings,
        requests: FakeRequests,
        actions: Sequence[Action],
        directory: Path,
        *,
        timeline: Timeline,
        rate: float,
        customers: int,
        seed: int,
        delay_ms: int,
        words: Sequence[str],
    ) -> None:
        super().__init__(
            actions,
            directory,
            timeline=timeline,
            rate=rate,
            customers=customers,
            seed=seed,
            delay_ms=delay_ms,
            words=words,
        )
        self.dead = ""
        """Why the customers died; while it is set, ``alive`` raises TrafficError."""
        self._around = around
        self._requests = requests
        self._random = random.Random(seed)
        self._records: list[RequestRecord] = []
        self._sent = 0
        self._flying = 0
        self._created: dict[int, int] = {}
        self._logged_in: set[int] = set()
        self._timer: Timer | None = None

    def start(self, endpoints: Sequence[str]) -> None:
        self._file.begin()
        self._endpoints = tuple(endpoints)
        self._timer = self._around.every(1 / self._plan.rate, self._send)
        self._record_start(endpoints)

    def use(self, endpoints: Sequence[str]) -> None:
        if self._timer is not None and tuple(endpoints) != self._endpoints:
            self._endpoints = tuple(endpoints)
            self._timeline.record(TrafficEndpointsChanged(self.name, ", ".join(endpoints)))

    def records(
        self, since: float = float("-inf"), until: float = float("inf")
    ) -> list[RequestRecord]:
        if since == float("-inf") and until == float("inf"):
            return self._records.copy()
        return [record for record in self._records if since <= record.start <= until]

    def alive(self) -> None:
        if self.dead:
            raise TrafficError(f"the simulated customers died: {self.dead}")

    def stop(self) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        wait_for(
            lambda: not self._flying,
            waiting_for="requests in flight to end",
            timeout=self._plan.total_timeout + 5,
        )
        lines = map(to_line, self._records)
        with self._file.path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
        self._record_end(self._records, 0)

    def forget_sessions(self, customers: Collection[int]) -> None:
        """The application does not know these customers any more: they log in again."""
        self._logged_in -= set(customers)

    def _send(self) -> None:
        if self.dead:
            return
        customer = self._sent % self._plan.customers
        self._sent += 1
        action = self._action(customer)
        started = self._around.clock.monotonic()

        def ends(outcome: Outcome) -> None:
            self._flying -= 1
            self._records.append(self._record(customer, action, outcome, started))

        self._flying += 1
        more = 0.0 if action.once else self._plan.delay_ms / 1000
        self._requests.send(self._endpoints, ends, more=more, creates=action.creates)

    def _action(self, customer: int) -> Action:
        once = [action for action in self._plan.actions if action.once]
        if once and customer not in self._logged_in:
            return once[0]
        knows = self._created.get(customer, 0) > 0
        steady = [
            action
            for action in self._plan.actions
            if not action.once and (knows or "{known}" not in template(action))
        ]
        return self._random.choices(steady, [action.weight for action in steady])[0]

    def _record(
        self, customer: int, action: Action, outcome: Outcome, started: float
    ) -> RequestRecord:
        created = ""
        if not outcome.error:
            if action.once:
                self._logged_in.add(customer)
            if action.creates:
                self._created[customer] = self._created.get(customer, 0) + 1
                created = f"{customer}-{self._created[customer]}"
        return RequestRecord(
            start=started,
            duration=outcome.seconds,
            customer=customer,
            action=action.name,
            method=action.method,
            status=outcome.status or (action.expect[0] if not outcome.error else 0),
            served_by=outcome.served_by,
            error=outcome.error,
            created=created,
        )
