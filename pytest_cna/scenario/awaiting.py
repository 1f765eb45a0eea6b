"""A stage of a recovery, awaited until it is reached or its bound is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.failure import evidence, failure
from pytest_cna.scenario.recoveries import OBSERVED

if TYPE_CHECKING:
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.verdicts import StageVerdict
    from pytest_cna.scenario.recoveries import Recoveries


def await_stage(recoveries: Recoveries, recovery: Recovery, stage: Stage) -> StageVerdict:
    """Wait until ``stage`` is reached, and record the verdict.

    Raises ProductFailed when that is not within its bound, CnaError when nobody could look, or
    when the recovery has no such stage.
    """
    _check(recoveries, recovery, stage)
    running, excused = recoveries.running, recoveries.excused_until(recovery, stage)
    at_bound: list[Evidence] = []

    def look() -> tuple[StageVerdict, bool]:
        if stage.seen == "configuration":
            running.configuration.look()
        now = clock.monotonic()
        verdict = recoveries.verdict(recovery, stage, now - OBSERVED)
        bound = recovery.since + verdict.allowed
        if now >= bound and verdict.outcome == "unknown" and recovery.unit and not at_bound:
            # what the links say at the bound explains it; later they may have recovered
            at_bound.append(evidence(recoveries, recovery, [stage]))
        return verdict, now - OBSERVED >= bound

    last = max(recoveries.deadline(recovery), excused) + 2 * OBSERVED
    verdict, _ = wait_for(
        look,
        lambda found: found[0].outcome != "unknown" or found[1],
        waiting_for=f"{recovery.name} to be {stage}",
        timeout=max(0.0, last - clock.monotonic()),
        alive=running.alive,
        show=lambda found: ", ".join(found[0].evidence),
    )
    recoveries.record(recovery, verdict)
    if verdict.outcome == "not awaited":
        raise CnaError(
            f"{recovery.name} was hit again before it had to be {stage}: nothing can be concluded"
        )
    if not verdict.passed:
        recoveries.said.add(recovery)
        raise failure(recoveries, recovery, verdict, at_bound[0] if at_bound else None)
    return verdict


def _check(recoveries: Recoveries, recovery: Recovery, stage: Stage) -> None:
    if stage not in recovery.bounds:
        known = ", ".join(map(str, recovery.bounds)) or "none"
        raise CnaError(
            f"{recovery.name} has no stage '{stage}' after a {recovery.kind}; it has {known}"
        )
    if not recoveries.is_seen(stage):
        raise CnaError(f"nobody sees whether {recovery.name} is {stage}: {_WHY[stage.seen]}")
    if recoveries.excused_until(recovery, stage) == math.inf:
        raise CnaError(f"every load balancer is kept away: nothing can be {stage}")


_WHY = {
    "timeline": "it is not on the timeline",
    "customers": "no customers are at work",
    "configuration": "no unit has the application's code",
}
