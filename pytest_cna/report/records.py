"""Records of a scenario: faults with their recovery, customers' traffic, the diagnosis and
attachments. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from pytest_cna.judgement.diagnosis_text import LinkState, diagnosis_text

Kind = Literal["journal", "containers", "units", "discovery", "configuration", "console", "log"]
"""Kinds of attachments. A line of a ``journal`` is ``2026-11-25T21:39:48.123456 core-1 unit:
words`` (UTC); lines are in time order."""


@dataclass(frozen=True, slots=True)
class TermRecord:
    """One term of a bound: at most ``seconds``, according to ``source``."""

    name: str
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    after: float | None
    """Seconds since the fault; None when it was not reached."""
    bound: float
    """Seconds since the fault."""
    terms: tuple[TermRecord, ...] = ()
    """The terms that its bound adds to that of the stage before."""


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
    def terms(self) -> tuple[TermRecord, ...]:
        """The terms whose sum is ``bound``."""
        return tuple(chain.from_iterable(stage.terms for stage in self.stages))

    @property
    def in_time(self) -> bool:
        return self.recovered_after is not None and self.recovered_after <= self.bound


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    """The customers' requests of one scenario.

    ``longest_gap`` is the longest time without a good answer. ``p50``, ``p99`` and ``slowest`` are
    of good answers, 0 without any; ``slow`` counts good answers that took longer than
    ``slow_after``.
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
    slow_after: float = 1.0
    resent: int = 0
    """Requests that were sent again because a kept connection was closed; not failures."""
    outage: float | None = 0.0
    """Seconds from the first failed request to the first good answer after the last failed one;
    None when there was none."""


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
