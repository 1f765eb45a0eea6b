"""Whether a stage of a recovery was reached within its bound. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.judgement.checks import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.judgement.recovery import Recovery


def judge_stage(recovery: Recovery, stage: str, reached: Mapping[str, float | None]) -> Verdict:
    """*passed* when ``stage`` was reached within its bound, *failed* when it was reached later,
    *unknown* when it was not reached so far; then the evidence is how far the others came.
    ``reached``: stage → seconds after the fault, as ``recovery.stages`` gives it."""
    after, bound = reached[stage], recovery.bounds[stage]
    if after is None:
        return Verdict(
            "unknown",
            f"{recovery.unit.name} was not {stage} within its bound after the {recovery.kind} of "
            f"{recovery.subject}: {bound}",
            tuple(
                f"{name} {'not yet' if at is None else f'{at:.2f} s'}"
                for name, at in reached.items()
            ),
        )
    earlier = [reached[each] for each in recovery.bounds][: list(recovery.bounds).index(stage)]
    known = [time for time in earlier if time is not None]
    # fleet may report a stage later than the stage after it is seen: then only the whole counts
    allowed = bound.after(max(known, default=0.0)) if known == earlier else bound.seconds
    own = " + ".join(f"{term.name} {term.seconds:.1f}" for term in bound.own)
    return Verdict(
        "passed" if after <= allowed else "failed",
        f"{recovery.unit.name} was {stage} {after:.2f} s after the {recovery.kind} of "
        f"{recovery.subject}; its bound is {allowed:.2f} s: {own} after the stage before, and in "
        f"all {bound}",
    )
