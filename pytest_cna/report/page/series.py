"""Series: what customers got, over time, in few enough points to draw. Pure functions."""

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
"""Points of the rate at most, as long as a step of an hour allows."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Good and failed requests that began in each ``step`` seconds from the window's start."""

    step: float
    good: Sequence[int]
    failed: Sequence[int]


def rate(requests: Sequence[RequestRecord], start: float, end: float) -> Rate:
    """``requests`` by their start, all within ``start`` … ``end``."""
    length = max(0.0, end - start)
    step = next((each for each in STEPS if length / each <= RATE_POINTS), length / RATE_POINTS)
    size = int(length / step) + 1
    good, failed = [0] * size, [0] * size
    for request in requests:
        index = min(size - 1, max(0, int((request.start - start) / step)))
        (failed if request.failed else good)[index] += 1
    return Rate(step, good, failed)


def shown(requests: Sequence[RequestRecord], most: int) -> Sequence[RequestRecord]:
    """All, or about ``most`` of them that look the same when drawn: of each short time the fastest,
    the median and the slowest good answer, and as many of the failed as there is room for, evenly.
    """
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
    """``most`` of them at most, evenly."""
    if len(rows) <= most:
        return list(rows)
    return [rows[index * len(rows) // most] for index in range(most)]


def errors(requests: Sequence[RequestRecord]) -> list[tuple[str, int]]:
    """Classes of failure, the most frequent first."""
    return Counter(request.error for request in requests if request.failed).most_common()
