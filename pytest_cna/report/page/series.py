"""Series: customers' requests over time, in few enough points to draw. Pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.model import RequestRecord

STEPS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
RATE_POINTS = 400
"""Most points of the rate, unless steps would be longer than an hour."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Good and failed requests that began in each ``step`` seconds of the window."""

    step: float
    good: Sequence[int]
    failed: Sequence[int]


def rate(requests: Sequence[RequestRecord], start: float, end: float) -> Rate:
    """The rate of ``requests``, sorted by start, between ``start`` and ``end``."""
    length = max(0.0, end - start)
    step = next((each for each in STEPS if length / each <= RATE_POINTS), length / RATE_POINTS)
    size = int(length / step) + 1
    good, failed = [0] * size, [0] * size
    for request in requests:
        index = min(size - 1, max(0, int((request.start - start) / step)))
        (failed if request.failed else good)[index] += 1
    return Rate(step, good, failed)


def shown(requests: Sequence[RequestRecord], most: int) -> Sequence[RequestRecord]:
    """All requests, or about ``most`` that look the same when drawn: of each short time the
    fastest, median and slowest good answer, and as many failed ones as fit, evenly chosen."""
    if len(requests) <= most:
        return requests
    failed = [request for request in requests if request.failed]
    kept = thinned(failed, most // 2)
    times = max(1, (most - len(kept)) // 3)
    first, length = requests[0].start, requests[-1].start - requests[0].start or 1.0
    good = (request for request in requests if not request.failed)
    for _, group in groupby(good, lambda each: int((each.start - first) / length * times)):
        ranked = sorted(group, key=lambda request: request.duration)
        picked = {0, len(ranked) // 2, len(ranked) - 1}
        kept += [ranked[index] for index in picked]
    return sorted(kept, key=lambda request: request.start)


def thinned(rows: Sequence[RequestRecord], most: int) -> list[RequestRecord]:
    """At most ``most`` rows, evenly chosen."""
    if len(rows) <= most:
        return list(rows)
    return [rows[index * len(rows) // most] for index in range(most)]


def errors(requests: Sequence[RequestRecord]) -> list[tuple[str, int]]:
    """Classes of failure with their numbers, the most frequent first."""
    return Counter(request.error for request in requests if request.failed).most_common()
