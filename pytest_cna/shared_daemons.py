"""Daemons that a run started since nobody ran them, and that other runs of this user use by now:
the last one to leave ends them, whoever started them.

Users hold a lock on one file, which also names the processes; a run that is killed lets go of it.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from pytest_cna.ledger import ledger_directory, owner_is_alive, owner_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

ENDING = 30.0
"""Seconds a daemon may take to end."""


class SharedDaemons:
    """``enter`` and ``leave`` may alternate."""

    def __init__(self, name: str) -> None:
        self._path = ledger_directory().parent / f"{name}.users"
        self._file: IO[str] | None = None
        self._own: list[subprocess.Popen[bytes]] = []

    def enter(self) -> None:
        """One user more, before it looks whether they run. Waits while the last one is just ending
        them. Idempotent."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+", encoding="utf-8")
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def started(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        """By this user, in this order."""
        assert self._file is not None
        self._own += processes
        self._file.writelines(f"{owner_of(process.pid)}\n" for process in processes)
        self._file.flush()

    def leave(self, unused: Callable[[], bool]) -> bool:
        """One user less. The last one ends the daemons, if they are ``unused`` by others than users
        too: what ``unused`` puts in order before it says so is done with nobody else there.
        Returns whether it was the last. Idempotent."""
        if self._file is None:
            return False
        file, self._file = self._file, None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            file.seek(0)
            running = [owner for owner in file.read().split() if owner_is_alive(owner)]
            if running and unused():
                for owner in reversed(running):
                    _end(int(owner.partition(":")[0]))
                file.truncate(0)
            for process in self._own:
                process.poll()
            return True


def _end(pid: int) -> None:
    """Not this process's child, perhaps. Returns when it has ended, or after ENDING."""
    with suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
            select.select([descriptor], [], [], ENDING)
        finally:
            os.close(descriptor)
