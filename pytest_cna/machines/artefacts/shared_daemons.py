"""Daemons that a run starts when none are running, shared with other runs of the same user.

The last run to leave ends them, whichever run started them. Each run holds a lock on a file that
also lists the daemons' processes; the kernel releases the lock of a killed run.
"""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from pytest_cna.core.errors import ConfigurationError, WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ledger import ledger_directory
from pytest_cna.machines.owner import end_owner, owner_is_alive, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

ENDING = 30.0
"""Seconds a daemon may take to end."""
TURN = 300.0
"""Seconds another run may take to start or end daemons."""
_STARTED: list[subprocess.Popen[bytes]] = []
"""Daemons that this process started. A daemon may outlive the object that started it, and Python
warns when a ``Popen`` of a running process is deleted."""


class SharedDaemons:
    """The daemons of one kind; ``enter`` and ``leave`` may be repeated in turn."""

    def __init__(self, name: str, progress: Callable[[str], None]) -> None:
        self.name = name
        self.progress = progress
        self.log = Path(tempfile.gettempdir()) / f"pytest-cna-{name}.log"
        self._directory = ledger_directory().parent
        self._file: IO[str] | None = None

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Count this run as a user of the daemons.

        Only one run at a time is in the context, and none while another ends the daemons; within
        it, the caller starts the daemons when they do not run. Raises ConfigurationError when
        another run takes longer than TURN.
        """
        with self._lock("starting", fcntl.LOCK_EX):
            if self._file is None:
                self._file = self._lock("users", fcntl.LOCK_SH)
            yield

    def start(
        self,
        commands: Sequence[Sequence[str]],
        answer: Callable[[], T],
        timeout: float,
        transient: tuple[type[Exception], ...],
    ) -> T:
        """Start a daemon for each of ``commands``; return the first result of ``answer``.

        The last word of a command is its program. Raises ConfigurationError, with the end of their
        log, when a daemon ends or there is no answer within ``timeout`` seconds.
        """
        self.progress(f"starting {self.name}: none is running")
        begun = []
        with self.log.open("wb") as output:
            for command in commands:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                self.started(process)
                begun.append((Path(command[-1]).name, process))

        def alive() -> None:
            for program, process in begun:
                if process.poll() is not None:
                    tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
                    raise ConfigurationError(
                        f"{program} could not be started (exit status "
                        f"{process.returncode}); its log {self.log} ends:\n{tail}"
                    )

        try:
            return wait_for(
                answer,
                waiting_for=f"{self.name} to answer",
                timeout=timeout,
                transient=transient,
                alive=alive,
            )
        except WaitTimeout as error:
            self.leave(lambda: True)
            raise ConfigurationError(f"{error}; see {self.log}") from error

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """Record a daemon that this run started; ``leave`` ends daemons in reverse order."""
        assert self._file is not None
        _STARTED.append(process)
        self._file.write(f"{owner_of(process.pid)}\n")
        self._file.flush()

    def leave(self, unused: Callable[[], bool]) -> None:
        """Stop counting this run as a user. Idempotent.

        The last run ends the daemons, unless ``unused`` returns False because something other than
        a run uses them. No other run can enter while ``unused`` is called.
        """
        if self._file is None:
            return
        file, self._file = self._file, None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            running = _alive(file)
            if running and unused():
                for owner in reversed(running):
                    end_owner(owner, ENDING)
                for process in _STARTED:
                    process.poll()
                left = _alive(file)
                file.truncate(0)
                file.writelines(f"{owner}\n" for owner in left)

    def _lock(self, what: str, how: int) -> IO[str]:
        path = self._directory / f"{self.name}.{what}"
        file = _opened(path)

        def take() -> bool:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return True

        try:
            wait_for(
                take,
                waiting_for=f"another run that starts or ends {self.name}",
                timeout=TURN,
                transient=(BlockingIOError,),
            )
        except BaseException as error:
            file.close()
            if isinstance(error, WaitTimeout):
                raise ConfigurationError(
                    f"{error}; to find the process that holds {path}, run: fuser {path}"
                ) from error
            raise
        return file


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}; set XDG_STATE_HOME to a writable "
            "directory"
        ) from error


def _alive(file: IO[str]) -> list[str]:
    file.seek(0)
    return [owner for owner in file.read().split() if owner_is_alive(owner)]
