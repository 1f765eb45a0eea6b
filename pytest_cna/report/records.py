"""Records of a scenario: faults with their recovery, verdicts, customers' traffic, the diagnosis
and attachments. Times are seconds. What was judged has its outcome; nothing here judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pytest_cna.judgement.diagnosis_text import LinkState, diagnosis_text
from pytest_cna.judgement.noticed import NOTICEABLE, Experience
from pytest_cna.judgement.verdicts import Outcome

Kind = Literal["journal", "containers", "units", "discovery", "configuration", "console", "log"]
"""Kinds of attachments. A line of a ``journal`` is ``2026-11-25T21:39:48.123456 core-1 unit:
words`` (UTC); lines are in time order."""


WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "not awaited", "passed")
MISSING: dict[Outcome, str] = {
    "passed": "recovered",
    "failed": "not recovered",
    "unknown": "nobody could look",
    "not awaited": "not followed to its end",
}
"""Outcome of a recovery of which a stage was not reached → how it is called."""


@dataclass(frozen=True, slots=True)
class TermRecord:
    """One term of a bound: at most ``seconds``, according to ``source``."""

    name: str
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a recovery, with its verdict."""

    name: str
    after: float | None
    """Seconds since the fault; None when it was not reached for good."""
    bound: float
    """The most that it may take, in seconds since the fault."""
    terms: tuple[TermRecord, ...] = ()
    """The terms of its own, which count from the stage that causes it."""
    allowed: float | None = None
    """When it had to be reached, in seconds since the fault: its bound, or less when the stage that
    causes it was early. None where that was not recorded."""
    outcome: Outcome = "not awaited"
    sentence: str = ""
    """The verdict in words; empty where none was recorded."""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """One fault, or the undoing of one, with the recovery that was followed."""

    kind: str
    subject: str
    """What was hit: the name of a unit, a container or a machine."""
    machine: str
    service: str
    """The service of the followed unit, as the features call it ("web server"); "machine" for a
    machine that returns."""
    unit: str
    """The unit, or the returning machine, whose recovery was followed."""
    injected_at: float
    """Monotonic seconds, as in the timeline."""
    bound: float
    dominated_by: str
    """Name of the longest term."""
    recovered_after: float | None
    """Seconds until the last stage; None when one was not reached."""
    terms: tuple[TermRecord, ...] = field(default=(), kw_only=True)
    """The terms whose sum is ``bound``."""
    drifts: dict[str, float] = field(default_factory=dict, kw_only=True)
    """Machine → seconds its clock was ahead, for notable differences only; times that the machine
    reports are converted."""
    stages: tuple[Stage, ...]

    @property
    def drifted(self) -> list[str]:
        """Sentences about ``drifts``, one for each machine."""
        return [
            f"the clock of {machine} was {abs(seconds):.1f} s "
            f"{'ahead' if seconds > 0 else 'behind'}; its times are converted"
            for machine, seconds in self.drifts.items()
        ]

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of its stages; ``not awaited`` when none was followed."""
        found = {stage.outcome for stage in self.stages}
        return next((each for each in WORST_FIRST if each in found), "not awaited")

    @property
    def failed(self) -> tuple[Stage, ...]:
        """The stages that failed."""
        return tuple(stage for stage in self.stages if stage.outcome == "failed")


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """The verdict of a check that was made when the scenario had ended: an invariant, or what was
    promised to customers."""

    name: str
    outcome: Outcome
    sentence: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    """The customers' requests of one scenario.

    ``longest_gap`` is the longest time without a good answer; one longer than ``gap_after`` is
    noticed. ``p50``, ``p99`` and ``slowest`` are of good answers, 0 without any; ``slow`` counts
    good answers that took longer than ``slow_after``, which is noticed.
    """

    requests: int
    failed: int
    longest_gap: float
    p50: float
    p99: float
    slowest: float
    by_instance: dict[str, int]
    """Good answers by instance, as the application names it."""
    errors: dict[str, int]
    """Failed requests by class of failure."""
    slow: int = 0
    slow_after: float = NOTICEABLE
    resent: int = 0
    """Requests that were sent again because a kept connection was closed; not failures."""
    outage: float | None = 0.0
    """Seconds from the first failed request to the first good answer after the last failed one;
    None when there was none."""
    gap_after: float = NOTICEABLE
    noticed: tuple[str, ...] = ()
    """What customers noticed, in words; empty when nothing."""

    @property
    def experience(self) -> Experience:
        """What the judge makes of it."""
        return Experience(
            requests=self.requests,
            failed=self.failed,
            longest_gap=self.longest_gap,
            gap_after=self.gap_after,
            slow=self.slow,
            slow_after=self.slow_after,
            served_again=self.outage is not None,
        )


@dataclass(frozen=True, slots=True)
class LinkRecord:
    name: str
    state: LinkState
    words: str
    """The state of the link, in the words of the part that was asked."""


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    """The reason why an instance is not as it should be: the first broken link explains the later
    ones."""

    unit: str
    sentence: str
    broken: str | None
    """Name of the first broken link; None when none is broken or none could be read."""
    links: tuple[LinkRecord, ...]
    """The links that the instance has, from the cause to the customer."""
    journal: tuple[str, ...] = ()
    """The last lines of the instance's units."""

    @property
    def text(self) -> str:
        """The diagnosis as plain text: a line for each link, then the journal."""
        links = [(link.state, link.name, link.words) for link in self.links]
        return diagnosis_text(self.sentence, links, self.journal)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that was recorded for one scenario, bounded in size."""

    name: str
    """Title for people: "journal of the cluster", "haproxy.cfg before"."""
    kind: Kind
    text: str
    machine: str = ""
    """The machine that it is from; empty when from all machines."""
    truncated: int = 0
    """Bytes that were left out of ``text``, which marks the place."""
    media_type: str = "text/plain"
