"""Verdicts: whether what had to follow did. The only place that compares a time with its limit.

A step is judged when it says so, and everything again at the end of the scenario, over the whole
record; both by the same functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_cna.core.stages import ANNOUNCED
from pytest_cna.judgement.bounds import sum_of
from pytest_cna.judgement.entries import early_entry
from pytest_cna.judgement.unseen import unseen, unwatched

if TYPE_CHECKING:
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.bounds import Bound
    from pytest_cna.judgement.stage_times import StageTimes

Outcome = Literal["passed", "failed", "unknown", "not awaited"]
"""``unknown``: it could not be observed, or its time is not over; ``not awaited``: the scenario
ended, or hit the same instance again, before the time was over that the stage may take."""

EXACT = 1e-6
"""Seconds that sums of floating-point numbers may be off."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check; ``unknown``: what was seen is not enough to judge."""

    outcome: Outcome
    sentence: str
    evidence: tuple[str, ...] = ()
    name: str = ""
    """What was checked, as the report lists it."""

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    def __str__(self) -> str:
        return "\n  ".join((self.sentence, *self.evidence))


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """Whether one stage of one recovery was reached in time. Times are seconds after the fault."""

    stage: Stage
    outcome: Outcome
    after: float | None
    """When it was reached for good; None when it was not."""
    allowed: float
    """When it had to be reached: the time of the stage that causes it, and its own terms."""
    limit: Bound
    """What it may take at most, with the terms of the whole way."""
    sentence: str
    evidence: tuple[str, ...] = ()
    """Times of the other stages."""

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    def __str__(self) -> str:
        return self.sentence


def allowed(times: StageTimes, stage: Stage, excused_until: float = -math.inf) -> float:
    """When ``stage`` has to be reached, in seconds after the fault.

    Its own terms count from the stage that causes it; time that this one left unused is not added,
    and a cause that came too late gives no time either. ``excused_until`` (monotonic seconds):
    another fault may keep it from being reached until then.
    """
    recovery = times.recovery
    bound = recovery.bounds[stage]
    limit = bound.seconds
    if bound.cause is not None:
        cause = times.after(bound.cause)
        if cause is not None:
            limit = min(cause, allowed(times, bound.cause)) + bound.own_seconds
    return max(limit, excused_until - recovery.since)


def judge_stage(
    times: StageTimes, stage: Stage, now: float, excused_until: float = -math.inf
) -> StageVerdict:
    """The verdict on ``stage`` by what is known at ``now`` (monotonic seconds); see
    ``stage_outcome``."""
    recovery = times.recovery
    limit = allowed(times, stage, excused_until)
    after = times.after(stage)
    return StageVerdict(
        stage,
        stage_outcome(times, stage, now, limit),
        after,
        limit if limit < math.inf else recovery.bounds[stage].seconds,
        recovery.bounds[stage],
        _sentence(times, stage, after, limit),
        _others(times, stage),
    )


def stage_outcome(times: StageTimes, stage: Stage, now: float, limit: float) -> Outcome:
    """*passed* when it holds since a moment within ``limit`` (seconds after the fault), *unknown*
    when it is not known whether it still does. *failed* when it was reached later, or not at all
    although that time is over; but *unknown* when it could not be observed from before that on,
    until it was. Else *not awaited* when the recovery is no longer followed at ``now``, *unknown*
    while it is."""
    after, until = times.after(stage), times.history.until
    due = times.recovery.since + limit
    if after is not None and after <= limit + EXACT:
        return "passed" if unwatched(times.history, stage)[0] == math.inf else "unknown"
    if after is not None:
        blind, _ = unseen(times.history, stage, times.recovery.since + after)
        return "unknown" if blind <= due else "failed"
    if limit == math.inf:
        return "not awaited"
    if min(now, until) >= due:
        return "unknown" if unseen(times.history, stage)[0] <= due else "failed"
    return "not awaited" if now >= until else "unknown"


def _sentence(times: StageTimes, stage: Stage, after: float | None, limit: float) -> str:
    recovery = times.recovery
    bound = recovery.bounds[stage]
    since = f"the {recovery.kind} of {recovery.subject}"
    if after is None:
        lost = times.of(stage).lost
        if lost is not None:
            return (
                f"{recovery.name} was {stage} after {since} and is so no longer since "
                f"{lost - recovery.since:.2f} s: {bound}"
            )
        early = early_entry(times) if stage is ANNOUNCED else None
        if early is not None:
            return (
                f"{recovery.name} was {stage} {early - recovery.since:.2f} s after {since}, while "
                f"no container of it ran that could have answered, and not again: {bound}"
            )
        said = f"{recovery.name} was not {stage} within its bound after {since}: {bound}"
        return said + _unseen(times, stage, limit, math.inf)
    said = f"{recovery.name} was {stage} {after:.2f} s after {since}; its bound is {limit:.2f} s: "
    if bound.cause is not None and bound.own:
        said += f"{sum_of(bound.own)} after it was {bound.cause}, and in all "
    if after > limit + EXACT:
        return f"{said}{bound}{_unseen(times, stage, limit, recovery.since + after)}"
    at, why = unwatched(times.history, stage)
    if at < math.inf:
        why = f"\nbut it is not known whether it still is: since {at - recovery.since:.1f} s {why}"
    return f"{said}{bound}{why}"


def _unseen(times: StageTimes, stage: Stage, limit: float, until: float) -> str:
    """Why it could not be observed when it was due; else empty."""
    at, why = unseen(times.history, stage, until)
    since = times.recovery.since
    if at > since + limit:
        return ""
    return f"\nbut it could not be observed: since {at - since:.1f} s {why}"


def _others(times: StageTimes, stage: Stage) -> tuple[str, ...]:
    reached = ((each, times.after(each)) for each in times.recovery.bounds)
    return tuple(
        f"{each} {'not yet' if after is None else f'{after:.2f} s'}" for each, after in reached
    )


def outcome_of(after: float | None, bound: float, *, missing: Outcome = "failed") -> Outcome:
    """The outcome of a stage in a report that has times and no verdicts: by its whole bound.
    ``missing``: what it is when the stage was not reached."""
    if after is None:
        return missing
    return "passed" if after <= bound else "failed"
