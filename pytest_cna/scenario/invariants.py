"""Invariants: what has to hold of the deployment whatever was done to it.

Each is judged when the recoveries under way are over: a look before anything has reacted proves
nothing. What was judged in a step is judged again at the end of the scenario.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_cna.cluster.engine.docker import Docker
from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, WaitTimeout
from pytest_cna.core.events.verdict import CheckJudged
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.checks import (
    no_container_twice,
    one_entry_per_instance,
    routing_equals_discovery,
)
from pytest_cna.judgement.verdicts import Verdict
from pytest_cna.scenario.enforcing import enforce
from pytest_cna.scenario.recoveries import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.checks import Snapshot
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.scenario.recoveries import Recoveries

ANSWER_TIMEOUT = 60.0
"""Seconds until fleet, etcd and each machine's Docker answer; no bound."""


class Invariants:
    """``away`` returns the units that faults keep away now. Each ``expect`` raises ProductFailed
    with what does not hold, and CnaError when it cannot be judged."""

    def __init__(
        self,
        running: RunningDeployment,
        recoveries: Recoveries,
        time_terms: TimeTerms,
        away: Callable[[], Collection[str]],
    ) -> None:
        self._running = running
        self._recoveries = recoveries
        self._time_terms = time_terms
        self._away = away

    def expect_one_entry_per_instance(self) -> None:
        enforce(self.one_entry())

    def expect_routing_equals_discovery(self) -> None:
        enforce(self.routing())

    def expect_no_unit_runs_twice(self) -> None:
        enforce(self.no_unit_twice())

    def expect_quorum(self) -> None:
        enforce(self.quorum())

    def one_entry(self) -> Verdict:
        """Each instance has exactly one discovery entry, and there is no other."""
        return self._settled(
            lambda look: one_entry_per_instance(self._running.deployment, look, self._away())
        )

    def routing(self) -> Verdict:
        """Each load balancer routes to exactly what is announced."""
        return self._settled(
            lambda look: routing_equals_discovery(self._running.deployment, look, self._away())
        )

    def no_unit_twice(self) -> Verdict:
        """No container of the deployment runs on two machines, by the word of each machine's Docker
        once all of them answer. A machine that returns is given a pass of fleet's agent to end what
        it should not run."""
        self.settle()
        last: list[Verdict] = []

        def look() -> Verdict:
            last[:] = [self._containers()]
            return last[0]

        with suppress(WaitTimeout):
            wait_for(
                look,
                lambda verdict: verdict.outcome != "failed",
                waiting_for="containers that run twice to be ended",
                timeout=self._time_terms.agent_pass.seconds + OBSERVED,
                interval=0.5,
                show=str,
            )
        return self._recorded(last[0])

    def _containers(self) -> Verdict:
        """What runs where, as soon as every machine with power says so."""
        deployment = self._running.deployment
        try:
            return wait_for(
                lambda: no_container_twice(deployment, self._by_machine()),
                lambda verdict: verdict.outcome != "unknown",
                waiting_for="the Docker of every machine to answer",
                timeout=ANSWER_TIMEOUT,
                show=str,
            )
        except WaitTimeout:
            return no_container_twice(deployment, self._by_machine())

    def _by_machine(self) -> dict[str, frozenset[str] | None]:
        found: dict[str, frozenset[str] | None] = {}
        for machine in self._running.cluster.powered:
            try:
                found[machine.name] = Docker(machine).running()
            except CnaError:
                found[machine.name] = None
        return found

    def quorum(self) -> Verdict:
        """etcd answers linearizable reads, at the latest when a new leader can be elected."""
        name = "etcd keeps its quorum"
        timeout = self._time_terms.election.seconds + OBSERVED
        try:
            wait_for(
                self._running.discovery.has_quorum,
                waiting_for="etcd to answer with a quorum",
                timeout=timeout,
            )
        except WaitTimeout as error:
            return self._recorded(Verdict("failed", str(error), name=name))
        return self._recorded(Verdict("passed", name, name=name))

    def settle(self) -> None:
        """Wait until every recovery under way has reached its stages, or its time is over."""
        if not self._recoveries.open:
            return
        wait_for(
            lambda: self._recoveries.open,
            lambda left: not left,
            waiting_for="the recoveries under way to be over",
            timeout=max(0.0, self._recoveries.over + 2 * OBSERVED - clock.monotonic()),
            alive=self._running.alive,
            show=lambda left: ", ".join(f"{each.kind} of {each.subject}" for each in left),
        )

    def _settled(self, check: Callable[[Snapshot], Verdict]) -> Verdict:
        """The verdict when it holds after the recoveries, or when every lease that is no longer
        renewed has expired."""
        self.settle()
        until = self._recoveries.over + self._time_terms.longest_lease.seconds + OBSERVED
        last: list[Verdict] = []

        def look(snapshot: Snapshot) -> Verdict:
            last[:] = [check(snapshot)]
            return last[0]

        try:
            verdict = self._running.await_verdict(
                look,
                lambda verdict: verdict.outcome != "failed",
                waiting_for="discovery and routing to match the running units",
                timeout=max(0.0, until - clock.monotonic()),
            )
        except WaitTimeout as error:
            if error.unable or not last:
                raise
            verdict = last[0]
        return self._recorded(verdict)

    def _recorded(self, verdict: Verdict) -> Verdict:
        self._running.timeline.record(
            CheckJudged(verdict.name, outcome=verdict.outcome, sentence=verdict.sentence)
        )
        return verdict
