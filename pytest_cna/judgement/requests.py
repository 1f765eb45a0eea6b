"""Statistics of requests. Pure functions over request records; times are seconds."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.model import RequestRecord


@dataclass(frozen=True, slots=True)
class Outage:
    """From the first failed request's start to the first good answer after the last failure."""

    start: float
    end: float | None
    """None when no good answer has come since."""
    failed: int

    @property
    def duration(self) -> float:
        """Infinite while it lasts."""
        return math.inf if self.end is None else self.end - self.start


@dataclass(frozen=True, slots=True)
class RequestStatistics:
    """The sum of some records."""

    requests: int
    failed: int
    resent: int
    """Good or failed, sent twice because a kept connection was closed; no failure in itself."""
    longest_gap: float
    p50: float
    p99: float
    """Of the good answers; 0 without any."""
    by_instance: Mapping[str, int]
    """Good answers by the instance that served them."""
    by_error: Mapping[str, int]


def request_statistics(records: Sequence[RequestRecord]) -> RequestStatistics:
    durations = [record.duration for record in records if not record.failed]
    return RequestStatistics(
        requests=len(records),
        failed=len(failed(records)),
        resent=sum(record.resent for record in records),
        longest_gap=longest_gap(records),
        p50=percentile(durations, 50),
        p99=percentile(durations, 99),
        by_instance=served_by(records),
        by_error=Counter(record.error for record in records if record.failed),
    )


def failed(records: Sequence[RequestRecord]) -> list[RequestRecord]:
    return [record for record in records if record.failed]


def acknowledged(records: Sequence[RequestRecord]) -> set[str]:
    """Ids of the records whose creation was acknowledged: none of these may be lost."""
    return {record.created for record in records if record.created}


def served_by(records: Sequence[RequestRecord]) -> Counter[str]:
    """Good answers by instance."""
    return Counter(record.served_by for record in records if not record.failed)


def longest_gap(records: Sequence[RequestRecord]) -> float:
    """The longest time without any good answer, between the first request and the last answer
    or failure; 0 without requests."""
    if not records:
        return 0.0
    first = min(record.start for record in records)
    last = max(record.end for record in records)
    good = sorted(record.end for record in records if not record.failed)
    return max(after - before for before, after in pairwise([first, *good, last]))


def outage(records: Sequence[RequestRecord]) -> Outage | None:
    """When customers were not served, from first to last failure; None when none failed."""
    lost = failed(records)
    if not lost:
        return None
    last = max(record.start for record in lost)
    back = [record.end for record in records if record.start > last]
    return Outage(min(record.start for record in lost), min(back, default=None), len(lost))


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank: the smallest value that ``percent`` of the values do not exceed; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
