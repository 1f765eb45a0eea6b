"""What the fixtures of a scenario found out for the report: faults with their recovery, what
customers got, why something is broken, and what was seen. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

LinkState = Literal["ok", "broken", "unknown"]
"""``broken``: not as it should be; ``unknown``: it could not be asked."""

Kind = Literal["journal", "containers", "units", "discovery", "configuration", "console", "log"]
"""``journal``: a line is ``2026-11-25T21:39:48.123456 core-1 unit: words`` (UTC), in time order."""


@dataclass(frozen=True, slots=True)
class TermRecord:
    """One reason why something may take time: at most ``seconds``, says ``source``."""

    name: str
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    after: float | None
    """Since the fault, None when it was not reached."""
    bound: float
    """Since the fault."""
    terms: tuple[TermRecord, ...] = ()
    """Its own, which its bound adds to the bound of the stage before."""


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """One fault, or the undoing of one, and the recovery that was followed."""

    kind: str
    subject: str
    """What was hit: a unit, a container, a machine."""
    machine: str
    service: str
    """What the features call the followed unit's service ("web server"); "machine" of a machine
    that returns."""
    unit: str
    """Whose recovery was followed: a unit, or a machine that returns."""
    injected_at: float
    """Monotonic, the timeline's clock."""
    bound: float
    dominated_by: str
    """Name of the longest term."""
    recovered_after: float | None
    """Until the last stage, None when one was not reached."""
    drifts: dict[str, float] = field(default_factory=dict, kw_only=True)
    """Machine → seconds its clock was ahead; its times are converted. Only notable ones."""
    stages: tuple[Stage, ...]

    @property
    def drifted(self) -> list[str]:
        """A sentence for each of ``drifts``."""
        return [
            f"the clock of {machine} was {abs(seconds):.1f} s "
            f"{'ahead' if seconds > 0 else 'behind'}; its times are converted"
            for machine, seconds in self.drifts.items()
        ]

    @property
    def terms(self) -> tuple[TermRecord, ...]:
        """All that ``bound`` is the sum of."""
        return tuple(chain.from_iterable(stage.terms for stage in self.stages))

    @property
    def in_time(self) -> bool:
        return self.recovered_after is not None and self.recovered_after <= self.bound


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    """``longest_gap``: without any good answer; ``p50``, ``p99`` and ``slowest`` of the good
    answers, 0 without any; ``slow``: good answers that took longer than ``slow_after``."""

    requests: int
    failed: int
    longest_gap: float
    p50: float
    p99: float
    slowest: float
    by_instance: dict[str, int]
    """Good answers by who served them, as the application names itself."""
    errors: dict[str, int]
    """Failed requests by class of the failure."""
    slow: int = 0
    slow_after: float = 1.0
    resent: int = 0
    """Sent twice because a kept connection was closed; no failure in itself."""
    outage: float | None = 0.0
    """From the first failed request to the first good answer after the last; None when none
    came."""


@dataclass(frozen=True, slots=True)
class LinkRecord:
    name: str
    state: LinkState
    words: str
    """What it said, as it said it."""


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    """Why an instance is not as it should be: the first broken link explains those behind it."""

    unit: str
    sentence: str
    broken: str | None
    """Name of the first broken link, None when none is, or none could be asked."""
    links: tuple[LinkRecord, ...]
    """From the cause to the customer, as far as the instance has them."""
    journal: tuple[str, ...] = ()
    """The last lines of the instance's units."""

    @property
    def text(self) -> str:
        """For readers of plain text: a line a link, then the journal."""
        lines = [f"diagnosis: {self.sentence}"]
        lines += [f"  {link.state:<8}{link.name:<12}{link.words}" for link in self.links]
        if self.journal:
            lines += ["  journal:", *(f"    {line}" for line in self.journal)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that was recorded for one scenario, bounded in size."""

    name: str
    """For people: "journal of the cluster", "haproxy.cfg before"."""
    kind: Kind
    text: str
    machine: str = ""
    """Where it is from, empty when from all of them."""
    truncated: int = 0
    """Bytes that were left out of ``text``, which says so where."""
    media_type: str = "text/plain"
