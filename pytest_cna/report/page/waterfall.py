"""The recovery waterfall: each stage against its bound, and the term that dominates it. Pure
functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_cna.report.page.wording import capitalised, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.records import FaultRecord, TermRecord

Outcome = Literal["in time", "late", "never", "open"]
"""``open``: it was not reached, and the scenario did not wait for it."""

MEANINGS = {
    "noticed": "the cluster noticed",
    "scheduled": "fleet placed it on another machine",
    "running": "its container runs",
    "announced": "its discovery entry exists",
    "routed": "HAProxy has it UP",
    "serving": "a customer got a good answer",
    "withdrawn": "its discovery entry is gone",
    "unrouted": "HAProxy no longer routes to it",
    "dropped": "the application no longer names it",
    "named": "the application names it again",
    "joined": "the machine is in fleet's list",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage. ``start`` to ``end`` is its own share and ``limit`` its bound, all in seconds
    since the fault. ``end`` is None when it was not reached."""

    name: str
    meaning: str
    start: float
    end: float | None
    limit: float
    terms: Sequence[TermRecord]
    awaited: bool = True

    @property
    def outcome(self) -> Outcome:
        if self.end is None:
            return "never" if self.awaited else "open"
        return "in time" if self.end <= self.limit else "late"

    @property
    def took(self) -> float | None:
        return None if self.end is None else self.end - self.start


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The stages of one recovery; ``scale`` is the width of the drawing in seconds."""

    fault: FaultRecord
    bars: Sequence[Bar]
    scale: float

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of its stages."""
        found = {bar.outcome for bar in self.bars}
        order: tuple[Outcome, ...] = ("never", "late", "open")
        return next((outcome for outcome in order if outcome in found), "in time")

    @property
    def result(self) -> str:
        """The result as text, ``2.1 s of at most 6.0 s``."""
        if self.fault.recovered_after is None:
            words = "not recovered" if self.outcome == "never" else "not followed to its end"
            return f"{words}; bound {seconds(self.fault.bound)}"
        return f"{seconds(self.fault.recovered_after)} of at most {seconds(self.fault.bound)}"

    @property
    def ticks(self) -> list[float]:
        step = next((s for s in NICE if self.scale / s <= 6), self.scale / 6)
        return [step * number for number in range(int(self.scale / step) + 1)]

    @property
    def terms(self) -> list[TermRecord]:
        """The terms of the bound, the longest first."""
        return sorted(self.fault.terms, key=lambda term: -term.seconds)

    @property
    def slowest(self) -> Bar | None:
        """The stage that took longest."""
        reached = [bar for bar in self.bars if bar.took is not None]
        return max(reached, key=lambda bar: bar.took or 0.0, default=None)

    @property
    def advice(self) -> list[str]:
        """Sentences on the largest term of the bound, the slowest stage, and how to shorten
        them."""
        said = []
        if self.terms:
            longest = self.terms[0]
            share = longest.seconds / self.fault.bound if self.fault.bound else 0.0
            words = f"{longest.name} is {seconds(longest.seconds)} of the bound ({share:.0%})"
            said.append(
                f"{capitalised(words)}: {longest.source}. A second less there is a second less of "
                "bound."
            )
        slowest = self.slowest
        if slowest is not None and slowest.took and self.fault.recovered_after:
            words = f"This time {slowest.name} took longest: {seconds(slowest.took)}"
            ruling = max(slowest.terms, key=lambda term: term.seconds, default=None)
            if ruling is not None:
                words += f"; most of what it may take is {ruling.name}, {seconds(ruling.seconds)}"
            said.append(f"{words}.")
        return said


NICE = tuple(base * 10**power for power in range(-2, 6) for base in (1, 2, 5))


def waterfall(fault: FaultRecord, *, passed: bool = False) -> Waterfall:
    """A bar for each stage; a scenario that ``passed`` did not wait for the stages it has not
    reached."""
    bars: list[Bar] = []
    reached = 0.0
    for stage in fault.stages:
        # two observers may record a stage before the one that caused it
        start = reached if stage.after is None else min(reached, stage.after)
        meaning = MEANINGS.get(stage.name, "")
        bars.append(
            Bar(stage.name, meaning, start, stage.after, stage.bound, stage.terms, not passed)
        )
        reached = max(reached, stage.after or 0.0)
    scale = max([fault.bound, *(bar.limit for bar in bars), *(bar.end or 0.0 for bar in bars)])
    return Waterfall(fault, bars, scale or 1.0)
