"""The customers of one scenario, who find the application by service discovery."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.traffic import TrafficRateChosen
from pytest_cna.core.waiting import wait_for
from pytest_cna.core.words import plural
from pytest_cna.judgement.requests import acknowledged, failed
from pytest_cna.scenario.traffic.factory import traffic_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import DeployedUnit

T = TypeVar("T")

CUSTOMERS = 10
MOST = 50.0
"""Requests a second of all customers together."""
LEAST = 1.0
SHARE = 1 / 3
"""Of the time somebody is answered, if one request came after the other."""
DELAY = 300
"""Milliseconds of each answer: so that requests are in flight whenever something breaks."""
PATIENCE = 60.0
"""Seconds for what customers do anyway, in the steady state, ..."""
REQUESTS = 100
"""... and the time that so many requests take: fewer tell of what all of them do."""
SHOWN = 5


class Customers:
    """Steady customers; ``stop`` has to be called whatever happens."""

    def __init__(
        self, running: RunningDeployment, application: Application, directory: Path, seed: int
    ) -> None:
        self._running = running
        self._application = application
        self._makes = traffic_of(running.cluster.clients)
        self._once = {action.name for action in application.actions if action.once}
        rate = self._rate()
        self._patience = PATIENCE + REQUESTS / rate
        self._traffic = self._makes.traffic(
            application.actions,
            directory,
            timeline=running.timeline,
            rate=rate,
            customers=CUSTOMERS,
            seed=seed,
            delay_ms=DELAY,
            words=application.words,
        )

    def _rate(self) -> float:
        """Requests a second that keep the deployment busy for SHARE of its time, MOST at the most:
        a slow one must not be judged under a load that is too much for it."""
        seconds = self._makes.answer_seconds(self._application.actions, self._running.endpoints())
        rate = max(LEAST, min(MOST, SHARE / seconds))
        self._running.timeline.record(TrafficRateChosen(round(rate, 2), round(seconds, 4)))
        return rate

    def start(self) -> None:
        """Returns once every customer is at work. Raises TrafficError or WaitTimeout."""
        self._running.announced.on_change.append(self._follow)
        self._traffic.start(self._running.endpoints())
        self._follow()
        self._wait(
            lambda: {
                r.customer for r in self.records() if not r.failed and r.action not in self._once
            },
            lambda at_work: len(at_work) == CUSTOMERS,
            f"all {CUSTOMERS} customers to be at work",
        )

    def stop(self) -> None:
        """Idempotent."""
        if self._follow in self._running.announced.on_change:
            self._running.announced.on_change.remove(self._follow)
        self._traffic.stop()

    def _follow(self, *_: object) -> None:
        self._traffic.use(self._running.endpoints())

    def records(self) -> list[RequestRecord]:
        """Every request so far; times are monotonic seconds."""
        return self._traffic.records()

    def alive(self) -> None:
        """Raises TrafficError when they died."""
        self._traffic.alive()

    def await_served_by_each(self, units: list[DeployedUnit]) -> None:
        """Every customer got a good answer from every one of ``units``."""
        names = {unit.name.removesuffix(".service") for unit in units}

        def served() -> dict[int, set[str]]:
            by: dict[int, set[str]] = defaultdict(set)
            for record in self.records():
                if not record.failed:
                    by[record.customer].add(record.served_by.partition(" ")[0])
            return by

        self._wait(
            served,
            lambda by: sum(names <= instances for instances in by.values()) == CUSTOMERS,
            f"every customer to be served by each of {', '.join(sorted(names))}",
        )

    def await_created(self, count: int, record: str) -> None:
        """``record`` is the application's word for what they create, or its plural."""
        self._check_word(record)
        self._wait(
            lambda: len(acknowledged(self.records())),
            lambda created: created >= count,
            f"{count} {record} to be created",
        )

    def _check_word(self, record: str) -> None:
        known = self._application.record
        if record not in {known, plural(known)}:
            raise CnaError(
                f"customers of this application create {plural(known)}, not {record}: the word is "
                "'record' in its application.toml"
            )

    def _wait(self, look: Callable[[], T], until: Callable[[T], bool], waiting_for: str) -> None:
        wait_for(look, until, waiting_for=waiting_for, timeout=self._patience, alive=self.alive)

    def expect_logged_in_once(self) -> None:
        """No customer logged in again after a first good answer, else AssertionError."""
        at_work: set[int] = set()
        again = []
        for record in sorted(self.records(), key=lambda record: record.start):
            if record.action not in self._once:
                if not record.failed:
                    at_work.add(record.customer)
            elif record.customer in at_work:
                again.append(record.customer)
        assert not again, f"customers had to log in again: {sorted(set(again))}"

    def expect_no_request_failed(self, since: float | None = None) -> None:
        """Else AssertionError with the first that failed, their times counted from ``since``
        (monotonic seconds), without it from the first request. Raises CnaError when there was no
        request."""
        self.alive()
        records = self.records()
        if not records:
            raise CnaError("customers sent no request: nothing can be concluded")
        lost_requests = failed(records)
        origin = "the first request" if since is None else "the fault"
        since = min(record.start for record in records) if since is None else since
        lines = [
            f"{record.start - since:+.2f} s {record.method} {record.action} of customer "
            f"{record.customer}: {record.error} after {record.duration:.2f} s {record.served_by}"
            for record in lost_requests[:SHOWN]
        ]
        more = len(lost_requests) - len(lines)
        assert not lost_requests, (
            f"{len(lost_requests)} of {len(records)} requests failed (times since {origin}):\n  "
            + "\n  ".join([*lines, *([f"and {more} more"] if more else [])])
        )

    def expect_no_record_lost(self, record: str = "") -> None:
        """Else AssertionError, with some of the ids. ``record`` as for ``await_created``."""
        self._check_word(record or self._application.record)
        ids = acknowledged(self.records())
        if not ids:
            raise CnaError(
                f"no {self._application.record} was acknowledged: nothing can be concluded"
            )
        gone = self._makes.lost(self._application.actions, self._running.endpoints(), ids)
        assert not gone, (
            f"{len(gone)} of {len(ids)} acknowledged {plural(self._application.record)} are lost, "
            f"such as "
            f"{', '.join(gone[:SHOWN])}"
        )
