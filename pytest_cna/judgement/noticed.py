"""What customers noticed of a scenario's faults. Pure functions over request records.

A failed request is noticed. A time without any good answer, and a slow answer, are noticed when
they are longer by ``NOTICEABLE`` than the longest before the first fault: how slow a machine is
anyway is no effect of a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.judgement.requests import failed, longest_gap, outage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.model import RequestRecord

NOTICEABLE = 1.0
"""Seconds that somebody waits longer than before and notices it."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What customers got in one scenario, and from when on they notice it. Times are seconds."""

    requests: int
    failed: int
    longest_gap: float
    """The longest time without any good answer."""
    gap_after: float
    """A longer gap is noticed."""
    slow: int
    """Good answers that took longer than ``slow_after``."""
    slow_after: float
    """A slower answer is noticed."""
    served_again: bool = True
    """Whether a good answer followed the last failure."""

    @property
    def gap_noticed(self) -> bool:
        return self.longest_gap > self.gap_after

    @property
    def failures(self) -> str:
        """``3 of 652 requests failed``."""
        lasting = "" if self.served_again else ", to the end"
        return f"{self.failed:,} of {self.requests:,} requests failed{lasting}"

    @property
    def slowness(self) -> str:
        """``21 of 83 answers took longer than 1.3 s``."""
        answers = self.requests - self.failed
        return f"{self.slow:,} of {answers:,} answers took longer than {self.slow_after:.1f} s"

    @property
    def noticed(self) -> tuple[str, ...]:
        """What customers noticed, in words; empty when nothing."""
        found = [self.failures] if self.failed else []
        if self.gap_noticed:
            found.append(f"{self.longest_gap:.1f} s without any good answer")
        if self.slow:
            found.append(self.slowness)
        return tuple(found)


def experience(records: Sequence[RequestRecord], first_fault: float | None = None) -> Experience:
    """What ``records`` say; ``first_fault``: when the first fault of the scenario began (monotonic
    seconds), None without one."""
    before = [] if first_fault is None else [r for r in records if r.end < first_fault]
    slowest = max((record.duration for record in before if not record.failed), default=0.0)
    slow_after = NOTICEABLE + slowest
    lost = outage(records)
    return Experience(
        requests=len(records),
        failed=len(failed(records)),
        longest_gap=longest_gap(records),
        gap_after=NOTICEABLE + longest_gap(before),
        slow=sum(not record.failed and record.duration > slow_after for record in records),
        slow_after=slow_after,
        served_again=lost is None or lost.end is not None,
    )
