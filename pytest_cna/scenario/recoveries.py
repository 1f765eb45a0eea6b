"""The recoveries of one scenario: what may follow each fault, and what of it did by now."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.fault import FaultHealed, FaultHealing, FaultInjected, FaultInjecting
from pytest_cna.core.events.verdict import StageJudged
from pytest_cna.judgement.bounds import Circumstances, bounds
from pytest_cna.judgement.excuses import customers_suffer_until, excused_until
from pytest_cna.judgement.history import History
from pytest_cna.judgement.reached import stage_times
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.verdicts import allowed, judge_stage, stage_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.fault import FaultEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.bounds import Bound
    from pytest_cna.judgement.stage_times import StageTimes
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.judgement.verdicts import StageVerdict

OBSERVED = 1.0
"""Seconds after a bound until what happened within it is surely on the timeline."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found last, and how much was recorded then."""

    recorded: tuple[float, ...]
    requests: int
    times: StageTimes


class Recoveries:
    """``running``: where the faults were; ``records``: what customers got so far."""

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
        self.running = running
        self._time_terms = time_terms
        self.records = records
        self._last: Recovery | None = None
        self._ended = math.inf
        self._final: dict[Recovery, list[StageVerdict]] = {}
        self._times: dict[Recovery, _Known] = {}
        self._open: dict[tuple[Recovery, Stage], tuple[tuple[float, ...], float]] = {}
        """What was recorded when it was last found, and what ``_open_until`` was then."""

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
        good = (r.duration for r in self.records() if not r.failed and r.end < undisturbed)
        return max(good, default=0.0)

    def plan(
        self, kind: FaultKind, units: Sequence[DeployedUnit | None], given: Circumstances
    ) -> float:
        """Seconds that what has to follow may take. From now on the application's configuration is
        read, if a stage is seen there: what changes during the fault has its own time. Raises
        ConfigurationError."""
        planned = [self.bounds(kind, unit, given) for unit in units]
        limit = max((bound.seconds for each in planned for bound in each.values()), default=0.0)
        if any(map(_in_configuration, planned)):
            self.running.configuration.watch(clock.monotonic() + limit + OBSERVED)
        return limit

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
                self.running.since,
                self._parts(unit),
                self._routers,
                tuple(self._balancers),
                number=begun.number,
            )
            for unit in units
        ]
        self.all += made
        if made:
            self._last = made[0]
        for recovery in made:
            if _in_configuration(recovery.bounds):
                self.running.configuration.watch(recovery.deadline + OBSERVED)
        return made

    def _parts(self, unit: DeployedUnit | None) -> frozenset[str]:
        if unit is None:
            return frozenset()
        sidekick = self.running.deployment.sidekick_of(unit)
        return unit.names | ({sidekick.name} if sidekick else set())

    @property
    def _routers(self) -> frozenset[str]:
        return frozenset().union(*(self._parts(unit) for unit in self._balancers))

    @property
    def _balancers(self) -> list[DeployedUnit]:
        balancer = self.running.balancer
        return self.running.deployment.main_units(balancer) if balancer else []

    def _taken(self, begun: FaultEvent) -> float:
        """Seconds from ``begun`` until that fault was in effect, or undone."""
        done = self.running.timeline.events(
            (FaultInjected, FaultHealed), begun.target, since=begun.monotonic
        )
        return done[0].monotonic - begun.monotonic if done else 0.0

    # judged

    def is_seen(self, stage: Stage) -> bool:
        """Whether anything observes that stage in this scenario."""
        if stage.seen == "customers":
            return bool(self.records())
        return stage.seen != "configuration" or self.running.configuration.sees

    def deadline(self, recovery: Recovery) -> float:
        """Until when (monotonic seconds) customers may suffer from it, or from faults that were
        injected while it was under way."""
        return customers_suffer_until(recovery, self.all)

    def times(self, recovery: Recovery) -> StageTimes:
        """When each stage was reached, by what is recorded so far."""
        records = self.records()
        recorded = self._recorded()
        known = self._times.get(recovery)
        if known is None or known.recorded != recorded:
            times = stage_times(self._history(recovery, records))
        elif known.requests != len(records):
            times = known.times.after_requests(self._history(recovery, records))
        else:
            return known.times
        self._times[recovery] = _Known(recorded, len(records), times)
        return times

    def _recorded(self) -> tuple[float, ...]:
        """How much there is, besides requests, by which stages are seen: while it is the same, so
        is what is seen."""
        return (self.running.timeline.count, len(self.all), self._ended)

    def _history(self, recovery: Recovery, records: Sequence[RequestRecord]) -> History:
        deadline = self.deadline(recovery)
        changes = self.running.timeline.events((FaultInjecting, FaultHealing), since=deadline)
        later = next((each.monotonic for each in changes if each.monotonic > deadline), math.inf)
        if later < math.inf:
            # what customers get after it, of requests in flight too, is due to the later fault
            records = [record for record in records if record.end < later]
        return History(recovery, self.running.timeline, records, self._ended)

    def judge(self, recovery: Recovery, now: float | None = None) -> list[StageVerdict]:
        """The verdict on each stage that is seen, in stage order, by what is known at ``now``
        (monotonic seconds), by default at present; once the scenario has ended, the final ones."""
        if recovery in self._final:
            return self._final[recovery]
        now = clock.monotonic() if now is None else now
        return [
            self.verdict(recovery, stage, now) for stage in recovery.bounds if self.is_seen(stage)
        ]

    def excused_until(self, recovery: Recovery, stage: Stage) -> float:
        names = [unit.name for unit in self._balancers]
        return excused_until(recovery, stage, self.all, self.running.timeline, names)

    def look(self) -> None:
        """Look once more at what is looked at seldom where looks take long."""
        if any(_in_configuration(recovery.bounds) for recovery in self.all):
            self.running.configuration.look()

    def end(self) -> None:
        """The scenario has ended: judge every stage of every recovery over the whole record, and
        record the verdicts. What comes later does not count."""
        self._ended = clock.monotonic()
        for recovery in self.all:
            self._final[recovery] = self.judge(recovery)
            for verdict in self._final[recovery]:
                self.record(recovery, verdict, final=True)

    @property
    def open(self) -> list[Recovery]:
        """Those of which a stage may still be reached in time, or of which customers have not yet
        been served for as long as a request may take."""
        now = clock.monotonic() - OBSERVED
        return [recovery for recovery in self.all if self._is_open(recovery, now)]

    def _is_open(self, recovery: Recovery, now: float) -> bool:
        if recovery in self._final:
            return False
        # what customers get takes longest to look through
        stages = sorted(recovery.bounds, key=lambda stage: stage.seen == "customers")
        seen = (stage for stage in stages if self.is_seen(stage))
        return any(now < self._open_until(recovery, stage, now) for stage in seen)

    def _open_until(self, recovery: Recovery, stage: Stage, now: float) -> float:
        """Until when (monotonic seconds) a stage may still be reached in time; or was, by what
        customers got, so lately that a request sent since may be under way and fail. Minus infinity
        when neither can be."""
        recorded = self._recorded()
        if stage.seen == "customers":
            recorded = (*recorded, len(self.records()))
        known = self._open.get((recovery, stage))
        if known is None or known[0] != recorded:
            known = recorded, self._find_open_until(self.times(recovery), stage, now)
            self._open[recovery, stage] = known
        return known[1]

    def _find_open_until(self, times: StageTimes, stage: Stage, now: float) -> float:
        limit = self._allowed(times, stage)
        outcome = stage_outcome(times, stage, now, limit)
        since, after = times.recovery.since, times.after(stage)
        if outcome == "unknown":
            return since + limit
        if after is None or outcome != "passed" or stage.seen != "customers":
            return -math.inf
        terms = self._time_terms
        slowest = terms.slowest_answer(self._answered(since)).seconds
        return since + min(limit, after + terms.next_request.seconds + slowest)

    def _allowed(self, times: StageTimes, stage: Stage) -> float:
        return allowed(times, stage, self.excused_until(times.recovery, stage))

    @property
    def over(self) -> float:
        """When every recovery is over at the latest, and what another fault may keep back for a
        while (monotonic seconds)."""
        excused = [self.excused_until(each, stage) for each in self.all for stage in each.bounds]
        ends = [*map(self.deadline, self.all), *filter(math.isfinite, excused)]
        return max(ends, default=-math.inf)

    def verdict(self, recovery: Recovery, stage: Stage, now: float) -> StageVerdict:
        return judge_stage(self.times(recovery), stage, now, self.excused_until(recovery, stage))

    def record(self, recovery: Recovery, verdict: StageVerdict, *, final: bool = False) -> None:
        self.running.timeline.record(
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


def _in_configuration(stages: Iterable[Stage]) -> bool:
    """Whether one of them is seen in the application's configuration."""
    return any(stage.seen == "configuration" for stage in stages)
