"""The customers of one scenario, who find the application by service discovery."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.errors import CnaError, ProductFailed, WaitTimeout
from pytest_cna.core.events.traffic import TrafficRateChosen
from pytest_cna.core.instance import instance_of
from pytest_cna.core.waiting import wait_for
from pytest_cna.core.words import plural
from pytest_cna.judgement.failed_requests import no_request_failed
from pytest_cna.judgement.requests import acknowledged
from pytest_cna.judgement.verdicts import Verdict
from pytest_cna.scenario.enforcing import enforce
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
"""Target utilisation of a deployment that answers one request after the other."""
DELAY = 300
"""Milliseconds of each answer: so that requests are in flight whenever something breaks."""
PATIENCE = 60.0
"""Seconds for what customers do anyway, in the steady state; to them comes the time that REQUESTS
take."""
REQUESTS = 100
"""Fewer requests do not tell what all customers do."""
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
        """Returns once every customer is at work. Raises TrafficError, or ProductFailed when the
        application does not answer all of them."""
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
        """Every customer got a good answer from every one of ``units``, else ProductFailed."""
        names = {unit.name for unit in units}

        def served() -> dict[int, set[str]]:
            by: dict[int, set[str]] = defaultdict(set)
            for record in self.records():
                instance = instance_of(record.served_by)
                if instance is not None and not record.failed:
                    by[record.customer].add(instance.unit)
            return by

        self._wait(
            served,
            lambda by: sum(names <= instances for instances in by.values()) == CUSTOMERS,
            f"every customer to be served by each of {', '.join(sorted(names))}",
        )

    def await_created(self, count: int, record: str) -> None:
        """``record`` is the application's word for what they create, or its plural. Raises
        ProductFailed when so many are not created in time."""
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
        """Raise ProductFailed, with what customers got, when it is not so in time."""
        try:
            wait_for(look, until, waiting_for=waiting_for, timeout=self._patience, alive=self.alive)
        except WaitTimeout as error:
            records = self.records()
            if not records:
                raise
            got = Counter(record.error or "a good answer" for record in records)
            said = ", ".join(f"{what} {number} times" for what, number in got.most_common())
            raise ProductFailed(
                f"waited {self._patience:.0f} s for {waiting_for}; last seen: {error.last_seen}; "
                f"customers got {said}"
            ) from error

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
        """Else ProductFailed with the first that failed and who could have answered, times counted
        from ``since`` (monotonic seconds). Raises CnaError when there was no request."""
        self.alive()
        enforce(self.failed_requests(since))

    def failed_requests(self, since: float | None = None) -> Verdict:
        """Whether any request has failed so far."""
        return no_request_failed(
            self.records(), self._running.deployment, self._running.timeline, since
        )

    def expect_no_record_lost(self, record: str = "") -> None:
        """Else ProductFailed, with some of the ids. ``record`` as for ``await_created``. Raises
        CnaError when customers tried to create none."""
        self._check_word(record or self._application.record)
        enforce(self.lost_records())

    def lost_records(self) -> Verdict:
        """Whether the application still has every record whose creation it acknowledged. *failed*
        when it acknowledged none of those that were tried, or gives no clear answer now."""
        records = self.records()
        things = plural(self._application.record)
        name = f"no acknowledged {self._application.record} is lost"
        ids = acknowledged(records)
        creating = {action.name for action in self._application.actions if action.creates}
        if not ids and any(record.action in creating for record in records):
            return Verdict(
                "failed",
                f"not one of the {things} that customers created was acknowledged",
                name=name,
            )
        if not ids:
            return Verdict(
                "unknown", f"customers created no {things}: nothing can be concluded", name=name
            )
        try:
            gone = self._makes.lost(self._application.actions, self._running.endpoints(), ids)
        except ProductFailed as error:
            return Verdict("failed", str(error), name=name)
        if not gone:
            return Verdict("passed", f"all {len(ids)} acknowledged {things} are there", name=name)
        shown = ", ".join(gone[:SHOWN])
        return Verdict(
            "failed",
            f"{len(gone)} of {len(ids)} acknowledged {things} are lost, such as {shown}",
            name=name,
        )
