"""The base of all observers: a thread that polls or listens, and whose failure is reported."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from statistics import median
from typing import ClassVar, Self

from pytest_cna.core.errors import CnaError

RESTING = 6.0
"""Seconds of pause for each second that a poll usually takes; single slow polls, which wait for a
lost machine, do not count."""


class Observer(ABC):
    """A thread that records changes. ``what`` names what it observes; ``alive`` raises ``error``
    when it has ended."""

    what: ClassVar[str]
    error: ClassVar[type[CnaError]] = CnaError

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._took: deque[float] = deque(maxlen=5)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.what, daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop the thread and wait until it has ended. Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def alive(self) -> None:
        """Raise the error that ended the observer, if any: it records no event from then on."""
        if self._failure is not None:
            raise self.error(f"{self.what} is not observed any more: {self._failure!r}") from (
                self._failure
            )

    def _rest(self, interval: float, began: float, *, waited: bool = False) -> None:
        """Wait for the next poll after one that began at ``began`` (monotonic): ``interval``
        seconds, and longer where polls take long, so that observing does not slow the cluster. A
        poll that ``waited`` for what does not answer says nothing of how slow the cluster is."""
        if not waited:
            self._took.append(time.monotonic() - began)
        usual = median(self._took) if self._took else 0.0
        self._stopping.wait(max(interval, RESTING * usual))

    @abstractmethod
    def observe(self) -> None:
        """Record until ``self._stopping`` is set."""

    def _run(self) -> None:
        try:
            self.observe()
        except Exception as error:  # noqa: BLE001 - alive() raises it
            self._failure = error
