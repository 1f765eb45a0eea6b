"""How signals end a run: with every teardown, and without breaking one off."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def end_on_sigterm() -> None:
    """Let SIGTERM end the run like Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt("SIGTERM")

    signal.signal(signal.SIGTERM, interrupt)


def uninterrupted(work: Callable[[], None]) -> None:
    """Do ``work``; SIGINT and SIGTERM have no effect meanwhile."""
    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        work()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
