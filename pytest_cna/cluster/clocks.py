"""Offsets of the machines' clocks from this computer's, to convert times that machines report."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import TransportError
from pytest_cna.core.events.clock import ClockCompared, ClockDrifted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline

LOOKS = 3
TIMEOUT = 10.0
"""Seconds for a machine to give its time."""
NOTABLE = 0.5
"""Seconds a clock may be wrong before this is reported."""
EDGE = 0.05
"""Seconds that two clocks drift apart between two comparisons, at most."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The machine's clock minus this computer's, accurate to ``uncertainty``; both in seconds."""

    seconds: float
    uncertainty: float

    @property
    def notable(self) -> bool:
        """Whether the offset is certainly larger than NOTABLE."""
        return abs(self.seconds) - self.uncertainty > NOTABLE

    def agrees(self, other: Offset) -> bool:
        """Whether both may be of a clock that was not set between them."""
        wrong = self.uncertainty + other.uncertainty + EDGE
        return abs(self.seconds - other.seconds) <= wrong


class Clocks:
    """The last measured offset of each machine. Thread-safe."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._lock = threading.Lock()
        self._offsets: dict[str, Offset] = {}

    def compare(self, machine: Machine) -> Offset:
        """Measure the machine's clock LOOKS times, keep and record the most exact result. Raises
        TransportError."""
        offset = min((_look(machine) for _ in range(LOOKS)), key=lambda each: each.uncertainty)
        with self._lock:
            self._offsets[machine.name] = offset
        made = ClockDrifted if offset.notable else ClockCompared
        event = made(machine.name, round(offset.seconds, 3), round(offset.uncertainty, 3))
        self._timeline.record(event)
        return offset

    def check(self, machines: Iterable[Machine]) -> bool:
        """Look at each clock once, and compare again those that do not show what was measured: they
        were set meanwhile. Whether there were any. What does not answer keeps its last offset."""
        found = False
        for machine in machines:
            with suppress(TransportError, ValueError):
                look = _look(machine)
                with self._lock:
                    known = self._offsets.get(machine.name)
                if known is None or not look.agrees(known):
                    self.compare(machine)
                    found = True
        return found

    def drifts(self) -> dict[str, float]:
        """Machine → seconds its clock is ahead, for notable offsets only."""
        with self._lock:
            return {name: each.seconds for name, each in self._offsets.items() if each.notable}

    def uncertainty(self, machine: str) -> float:
        """Seconds by which a converted time of that machine may be wrong; 0 when it was never
        compared."""
        with self._lock:
            offset = self._offsets.get(machine)
        return offset.uncertainty if offset else 0.0

    def converted(self, machine: str, wall: float) -> float:
        """Convert a Unix time that the machine reported to this computer's clock.

        The time is returned unchanged when the machine was never compared, or when its offset is
        within the uncertainty.
        """
        with self._lock:
            offset = self._offsets.get(machine)
        if offset is None or abs(offset.seconds) <= offset.uncertainty:
            return wall
        return wall - offset.seconds


def _look(machine: Machine) -> Offset:
    before = clock.wall()
    reported = float(machine.check("date +%s.%N", timeout=TIMEOUT))
    after = clock.wall()
    return Offset(reported - (before + after) / 2, (after - before) / 2)
