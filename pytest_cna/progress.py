"""Progress lines on every long phase, for people and for CI logs, whatever pytest captures."""

from __future__ import annotations

import os
import threading
import time


class Progress:
    """Callable: prints one line with the seconds since the run began. Thread-safe."""

    def __init__(self, worker: bool = False) -> None:
        # a copy of the descriptor, taken while nothing is captured; in a worker of pytest-xdist
        # standard output is the channel to the controller
        self._descriptor = os.dup(2 if worker else 1)
        self._begun = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, line: str) -> None:
        elapsed = time.monotonic() - self._begun
        with self._lock:
            os.write(self._descriptor, f"cna {elapsed:6.1f} s  {line}\n".encode())
