"""The traffic's parent side: starts and stops the customers' process, sends it endpoints, reads its
records."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from pytest_cna.core.errors import TrafficError
from pytest_cna.core.events.traffic import TrafficEndpointsChanged, TrafficFinished, TrafficStarted
from pytest_cna.deployment.application import WORDS
from pytest_cna.scenario.traffic.plan import Plan
from pytest_cna.scenario.traffic.records import RecordFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.application import Action

START_TIMEOUT = 20.0
"""Seconds for a new process to send its first request; an idle machine needs half a second."""


class Traffic:
    """Steady customers of the application: ``rate`` requests a second in total, open loop, which
    means that a late answer never delays the next request.

    They run in a process of their own, so that a busy test run does not slow them; it ends when
    this process ends, for whatever reason. Each request becomes a record in ``directory``'s
    ``requests.jsonl`` within 0.2 s of its end. Timeouts are seconds. Thread-safe.
    """

    def __init__(
        self,
        actions: Sequence[Action],
        directory: Path,
        *,
        timeline: Timeline,
        rate: float = 50.0,
        customers: int = 10,
        seed: int = 0,
        delay_ms: int = 0,
        name: str = "customers",
        connect_timeout: float = 2.0,
        total_timeout: float = 10.0,
        words: Sequence[str] = WORDS,
    ) -> None:
        self.name = name
        self._timeline = timeline
        self._file = RecordFile(directory / "requests.jsonl")
        self._log = directory / f"{name}.log"
        self._plan = Plan(
            actions=tuple(actions),
            records=str(self._file.path),
            rate=rate,
            customers=customers,
            seed=seed,
            delay_ms=delay_ms,
            connect_timeout=connect_timeout,
            total_timeout=total_timeout,
            words=tuple(words),
        )
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._endpoints: tuple[str, ...] = ()

    def start(self, endpoints: Sequence[str]) -> None:
        """Start the customers; returns once they have sent the first request.

        Raises TrafficError with the output of their process when it cannot be started.
        """
        if self._process is not None:
            raise TrafficError(f"traffic '{self.name}' is already running; stop it first")
        self._file.begin()
        with self._lock, self._log.open("w", encoding="utf-8") as log:
            self._endpoints = tuple(endpoints)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pytest_cna.scenario.traffic"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Ctrl-C in the terminal is the parent's to handle; it still needs the customers
                start_new_session=True,
            )
            self._write_lines(self._plan.to_json(), json.dumps({"endpoints": self._endpoints}))
            assert self._process.stdout is not None
            ready, _, _ = select.select([self._process.stdout], [], [], START_TIMEOUT)
            sent = bool(ready and self._process.stdout.readline())
        if not sent:
            words = self._last_words()
            self._end()
            raise TrafficError(
                f"the process of traffic '{self.name}' sent no request within "
                f"{START_TIMEOUT:.0f} s of its start; {words}"
            )
        self._record_start(endpoints)

    def use(self, endpoints: Sequence[str]) -> None:
        """Send new requests to these ``ip:port`` from now on; an empty list means none is
        announced."""
        with self._lock:
            if self._process is None or tuple(endpoints) == self._endpoints:
                return
            self._endpoints = tuple(endpoints)
            self._write_lines(json.dumps({"endpoints": self._endpoints}))
        self._timeline.record(TrafficEndpointsChanged(self.name, ", ".join(endpoints)))

    def records(
        self, since: float = float("-inf"), until: float = float("inf")
    ) -> list[RequestRecord]:
        """The requests that have ended and began between ``since`` and ``until`` (monotonic
        seconds, inclusive), in the order of their end."""
        return [record for record in self._file.read() if since <= record.start <= until]

    def alive(self) -> None:
        """Raise TrafficError when the customers' process died while it should be running."""
        with self._lock:
            died = self._process is not None and self._process.poll() is not None
        if died:
            raise TrafficError(
                f"the process of traffic '{self.name}' died: nothing is known about requests "
                f"from then on; {self._last_words()}"
            )

    def stop(self) -> None:
        """End the customers after their requests in flight (at most ``total_timeout``). Idempotent;
        never raises for a process that died before."""
        if self._process is None:
            return
        exit_status = self._end()
        self._record_end(self._file.read(), exit_status)

    def _record_start(self, endpoints: Sequence[str]) -> None:
        self._timeline.record(
            TrafficStarted(
                self.name,
                rate=self._plan.rate,
                customers=self._plan.customers,
                seed=self._plan.seed,
                delay_ms=self._plan.delay_ms,
                endpoints=", ".join(endpoints),
            )
        )

    def _record_end(self, records: Sequence[RequestRecord], exit_status: int) -> None:
        self._timeline.record(
            TrafficFinished(
                self.name,
                requests=len(records),
                failed=sum(record.failed for record in records),
                exit_status=exit_status,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _write_lines(self, *lines: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it died; alive() raises the error
            self._process.stdin.write("".join(f"{line}\n" for line in lines))
            self._process.stdin.flush()

    def _end(self) -> int:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            return process.wait(self._plan.total_timeout + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            process.stdout.close()

    def _last_words(self) -> str:
        words = self._log.read_text(encoding="utf-8").strip()[-2000:]
        return f"its log {self._log} ends:\n{words}" if words else f"its log {self._log} is empty"
