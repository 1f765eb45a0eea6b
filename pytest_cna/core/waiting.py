"""Waiting for a condition with a deadline: the only place that sleeps.

It uses ``core.clock``, so that a test that moves the clock does not wait.
"""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

from pytest_cna.core import clock
from pytest_cna.core.errors import WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

RESTING = 3.0
"""Seconds of pause for each second of a check, so that checks do not slow the cluster."""
ANSWER = 30.0
"""Seconds in which a part that does not answer at the moment is asked again."""


class WaitListener(Protocol):
    """Listener that is called on every wait in its own context; a thread of this package starts
    without one."""

    def waits(self, waiting_for: str, elapsed: float, timeout: float) -> None: ...

    def waited(self) -> None: ...


LISTENER: ContextVar[WaitListener | None] = ContextVar("listener", default=None)


def wait_for(
    look: Callable[[], T],
    until: Callable[[T], object] = bool,
    *,
    waiting_for: str,
    timeout: float,
    interval: float = 0.1,
    transient: tuple[type[Exception], ...] = (),
    alive: Callable[[], None] | None = None,
    show: Callable[[T], str] = repr,
) -> T:
    """Call ``look`` until ``until`` accepts its result, and return that result.

    ``timeout`` and ``interval`` are seconds. An exception of a ``transient`` type counts as "not
    yet" and as last seen; any other ends the wait at once. ``alive`` is called before each look and
    raises when the condition can no longer be met (a process died, a machine is gone). ``look`` is
    called at least once, and once more at the deadline; after a long look the pause is three times
    as long as the look.

    Raises WaitTimeout with the last value seen and up to three different ones before it.
    """
    listener = LISTENER.get()
    begun = clock.monotonic()
    deadline = begun + timeout
    seen: deque[str] = deque(maxlen=4)
    try:
        while True:
            looked = clock.monotonic()
            last_look = looked >= deadline
            if alive is not None:
                alive()
            unable = False
            try:
                value = look()
            except transient as error:
                unable = True
                words = f"{type(error).__name__}: {error}"
            else:
                if until(value):
                    return value
                words = show(value)
            if not seen or seen[-1] != words:
                seen.append(words)
            if last_look:
                *history, last_seen = seen
                raise WaitTimeout(waiting_for, timeout, last_seen, tuple(history), unable=unable)
            if listener is not None:
                listener.waits(waiting_for, clock.monotonic() - begun, timeout)
            now = clock.monotonic()
            rest = max(interval, RESTING * (now - looked))
            clock.sleep(max(0.0, min(rest, deadline - now)))
    finally:
        if listener is not None:
            listener.waited()


def answered(
    question: Callable[[], T],
    *,
    waiting_for: str,
    transient: tuple[type[Exception], ...],
    timeout: float = ANSWER,
) -> T:
    """The answer to ``question``, which is asked again while it raises a ``transient`` error: one
    question without an answer (an election, a busy machine) is not the end.

    Raises WaitTimeout after ``timeout`` seconds.
    """
    return wait_for(
        lambda: [question()], waiting_for=waiting_for, timeout=timeout, transient=transient
    )[0]
