"""The timeline: everything that happened, recorded before anything is judged.

Events are appended by observers, faults and steps, from any thread, and each is on disk (one
JSON line) before ``record`` returns, so that a run that is killed still has its record. What
kinds there are is in ``pytest_cna.core.events``, a class a kind and a file a source.

Machines are named (``core-1``), never by id, wherever the name is known. In memory the timeline
holds what happened; secrets are taken out of what is written.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import IO, TYPE_CHECKING, TypeVar

from pytest_cna.core import clock
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.line import line_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

E = TypeVar("E", bound=Event)


class Timeline:
    """Append-only and thread-safe. With ``path`` every event is written there as it happens; what
    texts say goes through ``redact`` before."""

    def __init__(
        self, path: Path | None = None, redact: Callable[[str], str] = lambda text: text
    ) -> None:
        self._redact = redact
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._file: IO[str] | None = None
        if path is not None:
            self.write_to(path)

    def write_to(self, path: Path) -> None:
        """Write the events so far and all that follow to the end of ``path``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = path.open("a", buffering=1, encoding="utf-8")
            self._file.writelines(line_of(event, self._redact) for event in self._events)

    def record(self, event: E, *, at: float | None = None) -> E:
        """Append ``event``, which happens now, or happened ``at`` (monotonic seconds).

        Returns it with its times.
        """
        with self._lock:
            monotonic, wall = clock.monotonic(), clock.wall()
            if at is not None:
                wall, monotonic = wall - (monotonic - at), at
            event = replace(event, monotonic=monotonic, wall=wall)
            self._events.append(event)
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
        """All events of a class, or of one of several, in time order.

        ``kinds`` may be a base class, such as ContainerEvent, or Event for all there are. With
        ``subject`` only those about that unit, container, machine …; ``since`` is inclusive
        monotonic seconds.
        """
        with self._lock:
            found = [
                event
                for event in self._events
                if isinstance(event, kinds)
                and event.monotonic >= since
                and (subject is None or event.subject == subject)
            ]
        return sorted(found, key=lambda event: event.monotonic)

    def close(self) -> None:
        """Close the file; later events stay in memory only. Idempotent."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
