"""The process-wide clock: this computer's, unless a test installs another.

Waits, events and judgement all use it. There is one for the whole process because observers and
customers run in their own threads and have to agree on the time. Call it through this module, as
``clock.monotonic()``.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock(Protocol):
    """A source of time, in seconds."""

    def monotonic(self) -> float:
        """Time that never goes back; only differences have a meaning."""
        ...

    def wall(self) -> float:
        """Unix time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` have passed."""
        ...


class SystemClock:
    """The clock of this computer."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


_installed: Clock = SystemClock()


def monotonic() -> float:
    return _installed.monotonic()


def wall() -> float:
    return _installed.wall()


def sleep(seconds: float) -> None:
    _installed.sleep(seconds)


def install(clock: Clock) -> Clock:
    """Use ``clock`` from now on, in every thread. Returns the clock used before, to be restored."""
    global _installed
    before, _installed = _installed, clock
    return before


@contextmanager
def installed(clock: Clock) -> Iterator[None]:
    """Use ``clock`` within the context."""
    before = install(clock)
    try:
        yield
    finally:
        install(before)
