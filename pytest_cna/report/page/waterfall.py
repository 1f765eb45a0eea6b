"""The recovery waterfall: each stage with its verdict and the time it had, and the term that
dominates it. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.stages import stage_named
from pytest_cna.report.page.wording import capitalised, listed, seconds
from pytest_cna.report.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna import core
    from pytest_cna.judgement.verdicts import Outcome
    from pytest_cna.report.records import FaultRecord, Stage, TermRecord


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage. ``start`` to ``end`` is its own share and ``limit`` the time it had, all in
    seconds since the fault. ``end`` is None when it was not reached."""

    stage: Stage
    start: float

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def meaning(self) -> str:
        """What is true when it is reached; empty for a stage of another version."""
        return stage_named(self.stage.name).meaning

    @property
    def end(self) -> float | None:
        return self.stage.after

    @property
    def limit(self) -> float:
        return self.stage.bound if self.stage.allowed is None else self.stage.allowed

    @property
    def terms(self) -> Sequence[TermRecord]:
        return self.stage.terms

    @property
    def outcome(self) -> Outcome:
        """As it was judged."""
        return self.stage.outcome

    @property
    def reason(self) -> str:
        """The verdict in words, where it needs attention."""
        return "" if self.outcome in CALM else self.stage.sentence

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
        return self.fault.outcome

    @property
    def result(self) -> str:
        """The result as text, ``2.1 s of at most 6.0 s``."""
        if self.fault.recovered_after is None:
            return f"{MISSING[self.fault.outcome]}; bound {seconds(self.fault.bound)}"
        words = f"{seconds(self.fault.recovered_after)} of at most {seconds(self.fault.bound)}"
        late = listed([stage.name for stage in self.fault.failed])
        return f"{words}; {late} too late" if late else words

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


CALM: tuple[Outcome, ...] = ("passed", "not awaited")
"""Outcomes that no reader has to look at."""
NICE = tuple(base * 10**power for power in range(-2, 6) for base in (1, 2, 5))


def waterfall(fault: FaultRecord) -> Waterfall:
    """A bar for each stage, from where the stage that causes it ends."""
    bars: list[Bar] = []
    reached = {stage.name: stage.after for stage in fault.stages}
    for stage in fault.stages:
        start = _caused_at(stage_named(stage.name), reached)
        # two observers may record a stage before the one that caused it
        bars.append(Bar(stage, start if stage.after is None else min(start, stage.after)))
    scale = max([fault.bound, *(bar.limit for bar in bars), *(bar.end or 0.0 for bar in bars)])
    return Waterfall(fault, bars, scale or 1.0)


def _caused_at(stage: core.stages.Stage, reached: Mapping[str, float | None]) -> float:
    """When the nearest of its causes was reached; 0, the fault, when none was."""
    for cause in stage.causes:
        if cause.name in reached:
            after = reached[cause.name]
            return _caused_at(cause, reached) if after is None else after
    return 0.0
