"""Work in a copy of this process, of which only its exit status comes back."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


BROKEN = 127
"""The status of a copy whose work raised an error."""


def forked(work: Callable[[], int]) -> int:
    """What ``work`` returned in the copy, below BROKEN; negative when a signal ended it. Everything
    that it prints is thrown away."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = BROKEN
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        status = work()
    finally:
        os._exit(status)


def end_after(seconds: float) -> None:
    """End this process then, unless that is said again."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
