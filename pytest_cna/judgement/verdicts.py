"""Verdicts: what is judged, with its sentence and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.bounds import Bound

Outcome = Literal["passed", "failed", "unknown", "not awaited"]
"""``unknown``: nobody could look; ``not awaited``: the scenario ended, or hit the same instance
again, before the time was over that the stage may take."""


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

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"


def outcome_of(after: float | None, bound: float, *, missing: Outcome = "failed") -> Outcome:
    """The outcome of a stage in a report that has times and no verdicts: by its whole bound.
    ``missing``: what it is when the stage was not reached."""
    if after is None:
        return missing
    return "passed" if after <= bound else "failed"
