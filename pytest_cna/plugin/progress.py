"""Progress lines for every long phase, on terminals and in CI logs, visible although pytest
captures output."""

from __future__ import annotations

import os
import shutil
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_LOGGED = 5.0
"""Seconds until a log shows that a wait goes on; then each time its duration has doubled."""
REDRAWN = 0.2


class Progress:
    """Callable that prints one line with the seconds since the run began. Thread-safe.

    On a terminal the last line shows the current wait; a log gets a line only for long waits.
    ``quiet`` prints nothing. ``worker``, of pytest-xdist, is named in each line. Lines go through
    ``redact``.
    """

    def __init__(
        self,
        worker: str = "",
        *,
        quiet: bool = False,
        redact: Callable[[str], str] = lambda line: line,
    ) -> None:
        # a copy of the descriptor, made before pytest captures output; in a worker of pytest-xdist
        # standard output is the channel to the controller
        self._descriptor = os.dup(2 if worker else 1)
        self._name = f"cna {worker}".rstrip()
        self._quiet = quiet
        self._redact = redact
        self._live = not worker and os.isatty(self._descriptor) and os.environ.get("TERM") != "dumb"
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        self._drawn = 0.0
        self._logged = FIRST_LOGGED
        self.line_begun: Callable[[], bool] = lambda: False
        """Whether another writer has begun a line on the same terminal; true once for each line."""

    def __call__(self, line: str) -> None:
        if self._quiet:
            return
        with self._lock:
            self._own_line()
            self._wipe()
            self._write(f"{self._stamp()}  {self._redact(line)}\n")

    def waits(self, waiting_for: str, elapsed: float, timeout: float) -> None:
        """Show a wait that goes on, at most ``timeout`` seconds in all."""
        if self._quiet:
            return
        words = f"waiting for {waiting_for} ({elapsed:.0f} s of at most {timeout:.0f} s)"
        now = time.monotonic()
        if not self._live:
            if elapsed >= self._logged:
                self._logged = 2 * elapsed
                self(words)
        elif now - self._drawn >= REDRAWN:
            with self._lock:
                self._own_line()
                self._drawn = now
                width = shutil.get_terminal_size().columns - 1
                self._write(f"\r\x1b[K{f'{self._stamp()}  {words}'[:width]}")

    def waited(self) -> None:
        """Clear the shown wait: it has ended, with or without success."""
        with self._lock:
            self._logged = FIRST_LOGGED
            self._wipe()

    def _own_line(self) -> None:
        if self.line_begun():
            self._write("\n")

    def _wipe(self) -> None:
        if self._drawn:
            self._drawn = 0.0
            self._write("\r\x1b[K")

    def _stamp(self) -> str:
        return f"{self._name} {time.monotonic() - self._begun:6.1f} s"

    def _write(self, text: str) -> None:
        os.write(self._descriptor, text.encode())
