"""What every observer is: a thread that looks, and that never ends in silence."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from statistics import median
from typing import ClassVar, Self

from pytest_cna.core.errors import CnaError

RESTING = 6.0
"""Rest for each second that looks usually take; one may have waited for what was lost."""


class Observer(ABC):
    """``what`` is observed; ``error`` is raised by ``alive`` when the observer has ended."""

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
        """Idempotent; returns when the thread has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def alive(self) -> None:
        """Raises what ended the observer, if anything did: no event follows from then on."""
        if self._failure is not None:
            raise self.error(f"{self.what} is not observed any more: {self._failure!r}") from (
                self._failure
            )

    def _rest(self, interval: float, began: float) -> None:
        """Until the next look, after one that ``began`` then (monotonic): ``interval`` seconds,
        and longer where looks take long: being watched is not to be what makes a cluster slow."""
        self._took.append(time.monotonic() - began)
        self._stopping.wait(max(interval, RESTING * median(self._took)))

    @abstractmethod
    def observe(self) -> None:
        """Record until ``self._stopping`` is set."""

    def _run(self) -> None:
        try:
            self.observe()
        except Exception as error:  # noqa: BLE001 - alive() raises it
            self._failure = error
