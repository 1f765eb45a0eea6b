"""The recoveries of one scenario, awaited stage by stage, and judged again at its end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.events.fault import FaultHealed, FaultHealing, FaultInjected, FaultInjecting
from pytest_cna.core.events.verdict import StageJudged
from pytest_cna.core.stages import gone_from
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.bounds import Circumstances, bounds
from pytest_cna.judgement.diagnosis import BrokenChain, late_link
from pytest_cna.judgement.entries import left_behind
from pytest_cna.judgement.excuses import customers_suffer_until, excused_until
from pytest_cna.judgement.history import History
from pytest_cna.judgement.reached import StageTimes
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.verdicts import allowed, judge_stage, stage_outcome
from pytest_cna.scenario.chain import probe_chain
from pytest_cna.scenario.machine_chain import probe_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.fault import FaultEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.links import Link
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.bounds import Bound
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.judgement.verdicts import StageVerdict

OBSERVED = 1.0
"""Seconds after a bound until what happened within it is surely on the timeline."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found last, and how much was recorded then."""

    recorded: tuple[int, int, float]
    requests: int
    times: StageTimes


class Recoveries:
    """``records``: what customers got so far."""

    def __init__(
        self,
        running: RunningDeployment,
        time_terms: TimeTerms,
        records: Callable[[], Sequence[RequestRecord]],
    ) -> None:
        self.all: list[Recovery] = []
        """In order; those of one fault for each unit that it hit."""
        self.said: set[Recovery] = set()
        """Those of which a step has said already that they failed."""
        self._running = running
        self._time_terms = time_terms
        self._records = records
        self._last: Recovery | None = None
        self._ended = math.inf
        self._final: dict[Recovery, list[StageVerdict]] = {}
        self._times: dict[Recovery, _Known] = {}
        self._missing: dict[Recovery, Stage] = {}
        """A stage that may still be reached, of those that were open last."""

    @property
    def last(self) -> Recovery:
        """The recovery that steps speak of: of the instance that the last fault hit. Raises
        CnaError when no fault was injected yet."""
        if self._last is None:
            raise CnaError("no fault was injected yet: there is nothing to recover from")
        return self._last

    def bounds(
        self, kind: FaultKind, unit: DeployedUnit | None, circumstances: Circumstances
    ) -> dict[Stage, Bound]:
        """What the stages of ``unit`` may take; none of a machine without main units. Raises
        ConfigurationError."""
        if unit is None and not kind.of_machine:
            return {}
        return bounds(kind, unit, self._time_terms, circumstances)

    def circumstances(self, *, leader_lost: bool = False, together: int = 1) -> Circumstances:
        """What a fault would meet now."""
        return Circumstances(leader_lost, together, self._answered(clock.monotonic()))

    def _answered(self, begun: float) -> float:
        """The slowest good answer (s) before the first fault, or before ``begun``."""
        undisturbed = self.all[0].since if self.all else begun
        good = (r.duration for r in self._records() if not r.failed and r.end < undisturbed)
        return max(good, default=0.0)

    def follow(
        self,
        kind: FaultKind,
        subject: str,
        units: Sequence[DeployedUnit | None],
        machine: str,
        begun: FaultEvent,
        circumstances: Circumstances,
    ) -> list[Recovery]:
        """Follow what happened at ``begun`` for each of ``units``, of which the first is from now
        on the last one."""
        answered = self._answered(begun.monotonic)
        given = replace(circumstances, answered=answered, taken=self._taken(begun))
        made = [
            Recovery(
                kind,
                subject,
                unit,
                machine,
                begun.monotonic,
                self.bounds(kind, unit, given),
                self._running.since,
                self._parts(unit),
                self._routers,
                begun.number,
            )
            for unit in units
        ]
        self.all += made
        if made:
            self._last = made[0]
        for recovery in made:
            if any(stage.seen == "configuration" for stage in recovery.bounds):
                self._running.configuration.watch(recovery.deadline + OBSERVED)
        return made

    def _parts(self, unit: DeployedUnit | None) -> frozenset[str]:
        if unit is None:
            return frozenset()
        sidekick = self._running.deployment.sidekick_of(unit)
        return unit.names | ({sidekick.name} if sidekick else set())

    @property
    def _routers(self) -> frozenset[str]:
        return frozenset().union(*(self._parts(unit) for unit in self._balancers))

    @property
    def _balancers(self) -> list[DeployedUnit]:
        balancer = self._running.balancer
        return self._running.deployment.main_units(balancer) if balancer else []

    def _taken(self, begun: FaultEvent) -> float:
        """Seconds from ``begun`` until that fault was in effect, or undone."""
        done = self._running.timeline.events(
            (FaultInjected, FaultHealed), begun.target, since=begun.monotonic
        )
        return done[0].monotonic - begun.monotonic if done else 0.0

    # judged

    def is_seen(self, stage: Stage) -> bool:
        """Whether anything observes that stage in this scenario."""
        if stage.seen == "customers":
            return bool(self._records())
        return stage.seen != "configuration" or self._running.configuration.sees

    def deadline(self, recovery: Recovery) -> float:
        """Until when (monotonic seconds) customers may suffer from it, or from faults that were
        injected while it was under way."""
        return customers_suffer_until(recovery, self.all)

    def times(self, recovery: Recovery) -> StageTimes:
        """When each stage was reached, by what is recorded so far."""
        records = self._records()
        recorded = (self._running.timeline.count, len(self.all), self._ended)
        known = self._times.get(recovery)
        if known is None or known.recorded != recorded:
            times = StageTimes(self._history(recovery, records))
        elif known.requests != len(records):
            times = known.times.after_requests(self._history(recovery, records))
        else:
            return known.times
        self._times[recovery] = _Known(recorded, len(records), times)
        return times

    def _history(self, recovery: Recovery, records: Sequence[RequestRecord]) -> History:
        deadline = self.deadline(recovery)
        changes = self._running.timeline.events((FaultInjecting, FaultHealing), since=deadline)
        later = next((each.monotonic for each in changes if each.monotonic > deadline), math.inf)
        if later < math.inf:
            # what customers get after it, of requests in flight too, is due to the later fault
            records = [record for record in records if record.end < later]
        return History(recovery, self._running.timeline, records, self._ended)

    def judge(self, recovery: Recovery, now: float | None = None) -> list[StageVerdict]:
        """The verdict on each stage that is seen, in stage order, by what is known at ``now``
        (monotonic seconds), by default at present; once the scenario has ended, the final ones."""
        if recovery in self._final:
            return self._final[recovery]
        now = clock.monotonic() if now is None else now
        return [
            self._judge_one(recovery, stage, now)
            for stage in recovery.bounds
            if self.is_seen(stage)
        ]

    def _excused_until(self, recovery: Recovery, stage: Stage) -> float:
        names = [unit.name for unit in self._balancers]
        return excused_until(recovery, stage, self.all, self._running.timeline, names)

    def look(self) -> None:
        """Look once more at what is looked at seldom where looks take long."""
        if any(stage.seen == "configuration" for each in self.all for stage in each.bounds):
            self._running.configuration.look()

    def end(self) -> None:
        """The scenario has ended: judge every stage of every recovery over the whole record, and
        record the verdicts. What comes later does not count."""
        self._ended = clock.monotonic()
        for recovery in self.all:
            self._final[recovery] = self.judge(recovery)
            for verdict in self._final[recovery]:
                self._record(recovery, verdict, final=True)

    @property
    def open(self) -> list[Recovery]:
        """Those of which a stage may still be reached in time, or of which customers have not yet
        been served for as long as a request may take."""
        now = clock.monotonic() - OBSERVED
        return [recovery for recovery in self.all if self._is_open(recovery, now)]

    def _is_open(self, recovery: Recovery, now: float) -> bool:
        if recovery in self._final:
            return False
        times = self.times(recovery)
        # the one that was missing last is likely to be still; what customers get takes longest
        last = self._missing.get(recovery)
        stages = sorted(recovery.bounds, key=lambda s: (s is not last, s.seen == "customers"))
        for stage in stages:
            if self.is_seen(stage) and self._may_change(times, stage, now):
                self._missing[recovery] = stage
                return True
        return False

    def _may_change(self, times: StageTimes, stage: Stage, now: float) -> bool:
        """Whether a stage may still be reached in time; or was, by what customers got, so lately
        that a request sent since may be under way and fail."""
        limit = self._allowed(times, stage)
        outcome = stage_outcome(times, stage, now, limit)
        since, after = times.recovery.since, times.after(stage) or 0.0
        if outcome != "passed" or stage.seen != "customers":
            return outcome == "unknown" and now < since + limit
        terms = self._time_terms
        slowest = terms.slowest_answer(self._answered(since)).seconds
        return now < since + min(limit, after + terms.next_request.seconds + slowest)

    def _allowed(self, times: StageTimes, stage: Stage) -> float:
        return allowed(times, stage, self._excused_until(times.recovery, stage))

    @property
    def over(self) -> float:
        """When every recovery is over at the latest (monotonic seconds)."""
        return max((self.deadline(recovery) for recovery in self.all), default=-math.inf)

    # awaited

    def expect(self, recovery: Recovery, stage: Stage) -> StageVerdict:
        """Wait until ``stage`` is reached.

        Raises ProductFailed when that is not within its bound, CnaError when nobody could look, or
        when the recovery has no such stage.
        """
        if stage not in recovery.bounds:
            known = ", ".join(map(str, recovery.bounds)) or "none"
            raise CnaError(
                f"{recovery.name} has no stage '{stage}' after a {recovery.kind}; it has {known}"
            )
        if not self.is_seen(stage):
            raise CnaError(f"nobody sees whether {recovery.name} is {stage}: {_WHY[stage.seen]}")
        if self._excused_until(recovery, stage) == math.inf:
            raise CnaError(f"every load balancer is kept away: nothing can be {stage}")
        at_bound: list[Evidence] = []

        def look() -> tuple[StageVerdict, bool]:
            if stage.seen == "configuration":
                self._running.configuration.look()
            now = clock.monotonic()
            verdict = self._judge_one(recovery, stage, now - OBSERVED)
            over = now >= recovery.since + verdict.allowed
            if over and verdict.outcome == "unknown" and recovery.unit and not at_bound:
                # what the links say at the bound explains it; later they may have recovered
                at_bound.append(self.evidence(recovery, [stage]))
            return verdict, now - OBSERVED >= recovery.since + verdict.allowed

        verdict, _ = wait_for(
            look,
            lambda found: found[0].outcome != "unknown" or found[1],
            waiting_for=f"{recovery.name} to be {stage}",
            timeout=max(
                0.0,
                max(self.deadline(recovery), self._excused_until(recovery, stage))
                + 2 * OBSERVED
                - clock.monotonic(),
            ),
            alive=self._running.alive,
            show=lambda found: ", ".join(found[0].evidence),
        )
        self._record(recovery, verdict)
        if verdict.outcome == "not awaited":
            raise CnaError(
                f"{recovery.name} was hit again before it had to be {stage}: nothing can be "
                "concluded"
            )
        if not verdict.passed:
            self.said.add(recovery)
            raise self.failure(recovery, verdict, at_bound[0] if at_bound else None)
        return verdict

    def _judge_one(self, recovery: Recovery, stage: Stage, now: float) -> StageVerdict:
        return judge_stage(self.times(recovery), stage, now, self._excused_until(recovery, stage))

    def failure(
        self, recovery: Recovery, verdict: StageVerdict, evidence: Evidence | None = None
    ) -> Exception:
        """The error for a verdict that failed: the product's, with the first broken link; a
        CnaError when nobody could look. ``evidence``: what the links said at the bound."""
        last_seen = f"{verdict.sentence}\nlast seen: {', '.join(verdict.evidence)}"
        if verdict.outcome == "unknown":
            return CnaError(last_seen)
        if recovery.unit is None:
            console = self._console(recovery.machine)
            said = f"{last_seen}\nconsole of {recovery.machine}:\n{console}"
            about = probe_machine(self._running.cluster.machine(recovery.machine))
            return ProductFailed(said) if about.silent else BrokenChain(said, about)
        found = (
            evidence.with_late(self._late(recovery))
            if evidence
            else self.evidence(recovery, [verdict.stage])
        )
        if found.silent and verdict.after is None:
            return CnaError(f"{last_seen}\nno link of {recovery.name} could be asked")
        return BrokenChain(last_seen, found)

    def evidence(self, recovery: Recovery, stages: Sequence[Stage]) -> Evidence:
        """What each link says of the followed unit now, which has to have gone where one of
        ``stages`` says so, and which link was the first to be late."""
        assert recovery.unit is not None
        gone = gone_from(stages) if any(stage.gone for stage in stages) else None
        found = probe_chain(self._running, recovery.unit, self._records(), gone=gone)
        return found.with_late(self._late(recovery))

    def _late(self, recovery: Recovery) -> Link | None:
        verdicts = self.judge(recovery)
        over = recovery.since + max((v.allowed for v in verdicts), default=0.0)
        return late_link(verdicts, left_behind=left_behind(self.times(recovery), over))

    def _record(self, recovery: Recovery, verdict: StageVerdict, *, final: bool = False) -> None:
        self._running.timeline.record(
            StageJudged(
                unit=recovery.name,
                machine=recovery.machine,
                fault=recovery.kind.name,
                stage=verdict.stage.name,
                outcome=verdict.outcome,
                after=verdict.after,
                allowed=verdict.allowed,
                sentence=verdict.sentence,
                final=final,
            )
        )

    def _console(self, machine: str) -> str:
        provider = self._running.cluster.provider
        return provider.console(provider.machine(machine))


_WHY = {
    "timeline": "it is not on the timeline",
    "customers": "no customers are at work",
    "configuration": "no unit has the application's code",
}
