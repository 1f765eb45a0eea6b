"""``requests.jsonl``: written by the customers' process, read by its parent meanwhile."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_cna.core.model import RequestRecord
from pytest_cna.core.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

_redact = lru_cache(maxsize=1000)(Redactor())
FLUSH_EVERY = 0.1
"""Seconds until a record is written to the file."""


class RecordWriter:
    """Appends records to a file in batches; belongs to a running event loop."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed by close()
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, record: RequestRecord) -> None:
        self._lines.append(to_line(record))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_EVERY, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._file.write("".join(self._lines))
        self._file.flush()
        self._lines.clear()

    def close(self) -> None:
        self.flush()
        self._file.close()


class RecordFile:
    """The records appended to a file since ``begin``. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._offset = 0
        self._records: list[RequestRecord] = []

    def begin(self) -> None:
        """Skip the records of earlier traffic, and remove a line that was cut off when it was
        killed."""
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.seek(0)
                self._offset = file.read().rfind(b"\n") + 1
                file.truncate(self._offset)

    def read(self) -> list[RequestRecord]:
        """All records so far, in the order in which the requests ended; an incomplete last line is
        left for the next call."""
        with self._lock:
            if self.path.exists():
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    new = file.read()
                whole = new[: new.rfind(b"\n") + 1]
                self._offset += len(whole)
                self._records += map(from_line, whole.splitlines())
            return list(self._records)


def to_line(record: RequestRecord) -> str:
    """One line of JSON with RequestRecord's names; ``created`` and ``resent`` only when set. Texts
    from outside are redacted."""
    fields: dict[str, str | int | float | bool] = {
        "start": round(record.start, 6),
        "duration": round(record.duration, 6),
        "customer": record.customer,
        "action": record.action,
        "method": record.method,
        "status": record.status,
        "served_by": _redact(record.served_by),
        "error": _redact(record.error),
    }
    if record.created:
        fields["created"] = record.created
    if record.resent:
        fields["resent"] = True
    return json.dumps(fields) + "\n"


def from_line(line: str | bytes) -> RequestRecord:
    return RequestRecord(**json.loads(line))
