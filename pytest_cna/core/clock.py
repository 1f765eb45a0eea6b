"""The clock that waits, events and judgement go by: this computer's, unless a test installs one.

There is one for the whole process, because observers and customers run in threads of their own and
all have to agree on the time. Call it through this module, as ``clock.monotonic()``.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock(Protocol):
    """Seconds, all of them."""

    def monotonic(self) -> float:
        """Never goes back; only differences mean anything."""
        ...

    def wall(self) -> float:
        """Unix time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return once that much time has passed."""
        ...


class SystemClock:
    """This computer's."""

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
    """Go by ``clock`` from now on, in every thread; returns the one before, to be put back."""
    global _installed
    before, _installed = _installed, clock
    return before


@contextmanager
def installed(clock: Clock) -> Iterator[None]:
    """Go by ``clock`` within the context."""
    before = install(clock)
    try:
        yield
    finally:
        install(before)
