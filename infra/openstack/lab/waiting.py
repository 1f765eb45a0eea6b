"""Waiting for a condition, with a deadline, by Debian's tenacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import tenacity

from errors import WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


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
    """Call ``look`` until ``until`` is true of its result, and return that result.

    ``timeout`` and ``interval`` are seconds. An exception of a ``transient`` type counts as "not
    yet"; any other ends the wait at once. ``alive`` is called before each ``look``; it raises when
    the condition can no longer be met.

    Raises WaitTimeout with the last result.
    """
    last_seen = "nothing"

    def attempt() -> T:
        nonlocal last_seen
        if alive is not None:
            alive()
        try:
            value = look()
        except transient as error:
            last_seen = f"{type(error).__name__}: {error}"
            raise tenacity.TryAgain from error
        if not until(value):
            last_seen = show(value)
            raise tenacity.TryAgain
        return value

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(tenacity.TryAgain),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(interval),
    )
    try:
        return retrying(attempt)
    except tenacity.RetryError as error:
        raise WaitTimeout(
            f"waited {timeout:.0f} s for {waiting_for}; last seen: {last_seen}"
        ) from error
