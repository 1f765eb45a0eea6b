"""The timeline: every event of a run, recorded before anything is judged.

Observers, faults and steps record events from any thread. Each event is on disk (one JSON line)
before ``record`` returns, so that a run that is killed still has its record. The kinds of events
are in ``pytest_cna.core.events``: a class for each kind, a file for each source.

Machines are named (``core-1``) wherever their name is known, else by id. In memory the timeline
holds what happened; secrets are removed from what is written.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import IO, TYPE_CHECKING, TypeVar

from pytest_cna.core import clock
from pytest_cna.core.event_index import EventIndex
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.line import line_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

E = TypeVar("E", bound=Event)


class Timeline:
    """An append-only, thread-safe list of events. With ``path`` each event is written to that file
    as it is recorded, its texts passed through ``redact``."""

    def __init__(
        self, path: Path | None = None, redact: Callable[[str], str] = lambda text: text
    ) -> None:
        self._redact = redact
        self._lock = threading.Lock()
        self._recorded: list[Event] = []
        self._index = EventIndex()
        self._file: IO[str] | None = None
        if path is not None:
            self.write_to(path)

    def write_to(self, path: Path) -> None:
        """Append the events so far, and all later ones, to ``path``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = path.open("a", buffering=1, encoding="utf-8")
            self._file.writelines(line_of(event, self._redact) for event in self._recorded)

    def record(self, event: E, *, at: float | None = None) -> E:
        """Append ``event``, with the present time or ``at`` (monotonic seconds), and return it with
        its times."""
        with self._lock:
            monotonic, wall = clock.monotonic(), clock.wall()
            if at is not None:
                wall, monotonic = wall - (monotonic - at), at
            number = len(self._recorded)
            event = replace(event, monotonic=monotonic, wall=wall, number=number)
            self._recorded.append(event)
            self._index.add(event)
            if self._file is not None:
                self._file.write(line_of(event, self._redact))
        return event

    def events(
        self,
        kinds: type[E] | tuple[type[E], ...],
        subject: str | None = None,
        *,
        since: float = float("-inf"),
    ) -> list[E]:
        """The events of one class, or of one of several, in time order; of one time in the order
        in which they were recorded.

        ``kinds`` may be a base class, such as ContainerEvent, or Event for all. ``subject`` selects
        those about one unit, container, machine …; ``since`` is inclusive, in monotonic seconds.
        """
        with self._lock:
            return self._index.find(kinds, subject, since)

    @property
    def count(self) -> int:
        """How many events were recorded so far: while it stays the same, so does every answer."""
        return len(self._recorded)

    def close(self) -> None:
        """Close the file; later events stay in memory only. Idempotent."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
