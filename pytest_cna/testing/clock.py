"""A clock that stands still until it is moved: scenarios of minutes run in no time."""

from __future__ import annotations

import threading
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from pytest_cna.core import clock

if TYPE_CHECKING:
    from collections.abc import Callable

MICROSECOND = 1e-6
"""Seconds: what it counts in. Sums of whole numbers are exact: what falls due at one time does so
whenever the clock began."""
LEAST = 0.001
"""Seconds that the shortest sleep takes, so that a loop that sleeps for 0 s gets somewhere too."""


class Timer:
    """One callback on a clock, until it is cancelled."""

    def __init__(self, callback: Callable[[], object], every: float | None) -> None:
        self.callback = callback
        self.every = every
        self.cancelled = False

    def cancel(self) -> None:
        """Idempotent."""
        self.cancelled = True


class FakeClock:
    """A ``core.clock.Clock`` that moves when somebody sleeps or calls ``advance``, and runs what
    falls due on the way: each callback at its own time, those of one time in the order in which
    they were set. Seconds. Thread-safe; callbacks run in the thread that moves the clock.

    It begins at the time of the clock that is in use, or at ``monotonic`` and ``wall``.
    """

    def __init__(self, monotonic: float | None = None, wall: float | None = None) -> None:
        self._begun = clock.monotonic() if monotonic is None else monotonic
        self._to_wall = (clock.wall() if wall is None else wall) - self._begun
        self._now = 0
        self.lock = threading.RLock()
        """Held while it moves; hold it to look at what its callbacks change."""
        self._in_callback = False
        self._order = count()
        self._due: list[tuple[int, int, Timer]] = []

    def monotonic(self) -> float:
        return self._begun + self._now * MICROSECOND

    def wall(self) -> float:
        return self.monotonic() + self._to_wall

    def sleep(self, seconds: float) -> None:
        """Nothing within a callback, for which time stands still."""
        with self.lock:
            if not self._in_callback:
                self.advance(max(LEAST, seconds))

    def after(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call ``callback`` once, in so many seconds."""
        return self._put(seconds, Timer(callback, None))

    def every(
        self, seconds: float, callback: Callable[[], object], *, first: float | None = None
    ) -> Timer:
        """Call ``callback`` in so many seconds, or in ``first`` ones, and again and again, until it
        is cancelled."""
        timer = Timer(callback, max(LEAST, seconds))
        return self._put(seconds if first is None else first, timer)

    def advance(self, seconds: float) -> None:
        """Move on, and run what falls due."""
        with self.lock:
            end = self._now + _count(seconds)
            while self._due and self._due[0][0] <= end:
                at, _, timer = heappop(self._due)
                if timer.cancelled:
                    continue
                self._now = max(self._now, at)
                if timer.every is not None:
                    self._put(timer.every, timer)
                self._call(timer)
            self._now = max(self._now, end)

    def _call(self, timer: Timer) -> None:
        self._in_callback = True
        try:
            timer.callback()
        finally:
            self._in_callback = False

    def _put(self, seconds: float, timer: Timer) -> Timer:
        with self.lock:
            # the least bit of time moves the clock: who waits for what is left would wait for ever
            at = self._now + max(_count(seconds), int(seconds > 0))
            heappush(self._due, (at, next(self._order), timer))
        return timer


def _count(seconds: float) -> int:
    return round(seconds / MICROSECOND)
