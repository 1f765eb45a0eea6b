"""The timeline: everything that happened, recorded before anything is judged.

Events are appended by observers, faults and steps, from any thread, and each is on disk (one
JSON line) before ``record`` returns, so that a run that is killed still has its evidence.

Vocabulary (source: kinds; subject; data):

===========  =============================  ====================  ================================
source       kinds                          subject               data
===========  =============================  ====================  ================================
session      started, finished              session id            provider, versions …
session      paced                          slowest machine       start, end (s): containers
session      rendered                       ""                    seconds: HAProxy's reload
scenario     started, finished              scenario name         feature, status
step         started, finished              step text             status
fault        injecting, injected,           what it hits (unit,   kind (service stop, container
             healing, healed                container, machine)   kill, machine loss), machine
machine      lost, started                  machine name
clock        compared, drifted              machine name          offset, uncertainty (s)
fleet        machine-joined, machine-gone   machine name          address, id
fleet        unreachable, reachable         ""                    error
unit         scheduled                      unit name             machine ("" = nowhere)
unit         state                          unit name             machine, load, active, sub
container    create, start, die, kill,      container name        machine, exit_code
             stop, destroy
discovery    announced, withdrawn           entry's path          service, host, ip, port
discovery    unreachable, reachable         etcd endpoint         error
routing      added, removed, status         server name           backend, status, check
routing      unreachable, reachable         load balancer's       error
                                            address
configuration  dropped, named               main unit's name      endpoint
traffic      started, finished, endpoints   traffic name          rate, endpoints …
===========  =============================  ====================  ================================

Machines are named (``core-1``), never by id, wherever the name is known. Requests are not
events: there are too many; the traffic recorder keeps them in ``requests.jsonl`` on the same
monotonic clock.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING

from pytest_cna.core import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``monotonic`` orders within a run, ``wall`` is Unix time (s)."""

    monotonic: float
    wall: float
    source: str
    kind: str
    subject: str
    data: Mapping[str, Value]

    @classmethod
    def from_json(cls, line: str) -> Event:
        return cls(**json.loads(line))


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
            self._file.writelines(map(_line, self._events))

    def record(
        self, source: str, kind: str, subject: str, *, at: float | None = None, **data: Value
    ) -> Event:
        """Append an event that happens now, or happened ``at`` (monotonic seconds)."""
        data = {
            key: self._redact(value) if isinstance(value, str) else value
            for key, value in data.items()
        }
        with self._lock:
            monotonic, wall = clock.monotonic(), clock.wall()
            if at is not None:
                wall, monotonic = wall - (monotonic - at), at
            event = Event(monotonic, wall, source, kind, subject, data)
            self._events.append(event)
            if self._file is not None:
                self._file.write(_line(event))
        return event

    def events(
        self,
        source: str | None = None,
        kind: str | None = None,
        subject: str | None = None,
        *,
        since: float = float("-inf"),
        **data: Value,
    ) -> list[Event]:
        """All events that match, in time order; ``since`` is inclusive monotonic seconds."""
        with self._lock:
            found = [
                event
                for event in self._events
                if event.monotonic >= since
                and (source is None or event.source == source)
                and (kind is None or event.kind == kind)
                and (subject is None or event.subject == subject)
                and all(event.data.get(key) == value for key, value in data.items())
            ]
        return sorted(found, key=lambda event: event.monotonic)

    def close(self) -> None:
        """Close the file; later events stay in memory only. Idempotent."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _line(event: Event) -> str:
    return json.dumps(asdict(event)) + "\n"
