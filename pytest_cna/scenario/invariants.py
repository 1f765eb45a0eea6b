"""Invariants: what has to hold of the deployment whatever was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.checks import (
    no_unit_twice,
    one_entry_per_instance,
    routing_equals_discovery,
)
from pytest_cna.scenario.recoveries import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.checks import Snapshot, Verdict
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.scenario.recoveries import Recoveries

ANSWER_TIMEOUT = 60.0
"""Seconds until fleet and etcd answer; no bound."""


class Invariants:
    """Each method raises AssertionError with what does not hold, and WaitTimeout when it cannot be
    judged."""

    def __init__(
        self, running: RunningDeployment, recoveries: Recoveries, time_terms: TimeTerms
    ) -> None:
        self._running = running
        self._recoveries = recoveries
        self._time_terms = time_terms

    def expect_one_entry_per_instance(self) -> None:
        self._expect(lambda look: one_entry_per_instance(self._running.deployment, look))

    def expect_routing_equals_discovery(self) -> None:
        self._expect(lambda look: routing_equals_discovery(self._running.deployment, look))

    def expect_no_unit_runs_twice(self) -> None:
        """At the first look that succeeds."""
        verdict = self._running.await_verdict(
            no_unit_twice,
            lambda verdict: True,
            waiting_for="fleet and etcd to answer",
            timeout=ANSWER_TIMEOUT,
        )
        assert verdict.passed, str(verdict)

    def expect_quorum(self) -> None:
        """etcd answers linearizable reads, at the latest when a new leader can be elected."""
        try:
            wait_for(
                self._running.discovery.has_quorum,
                waiting_for="etcd to answer with a quorum",
                timeout=self._time_terms.election.seconds + OBSERVED,
            )
        except WaitTimeout as error:
            raise AssertionError(str(error)) from error

    def _expect(self, check: Callable[[Snapshot], Verdict]) -> None:
        """Wait until every fault so far may have been recovered from and every lease that is no
        longer renewed has expired."""
        ends = [
            r.since + r.bound.seconds + self._time_terms.longest_lease.seconds
            for r in self._recoveries.all
        ]
        try:
            self._running.await_verdict(
                check,
                waiting_for="the set to be whole again",
                timeout=max(0.0, max(ends, default=0.0) + OBSERVED - clock.monotonic()),
            )
        except WaitTimeout as error:
            if error.unable:
                raise
            raise AssertionError(error.last_seen) from error
