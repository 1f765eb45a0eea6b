"""The clocks of machines against this computer's: what a machine tells the time of is converted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.events.clock import ClockCompared, ClockDrifted

if TYPE_CHECKING:
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline

LOOKS = 3
NOTABLE = 0.5
"""Seconds a clock may be off without a word."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The machine's clock minus this computer's, right to within ``uncertainty`` (seconds)."""

    seconds: float
    uncertainty: float

    @property
    def notable(self) -> bool:
        """Whether it is surely more than NOTABLE."""
        return abs(self.seconds) - self.uncertainty > NOTABLE


class Clocks:
    """What was measured last of each machine. Thread-safe."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._lock = threading.Lock()
        self._offsets: dict[str, Offset] = {}

    def compare(self, machine: Machine) -> Offset:
        """Ask the machine, as often as is needed to be sure of little. Raises TransportError."""
        offset = min((_look(machine) for _ in range(LOOKS)), key=lambda each: each.uncertainty)
        with self._lock:
            self._offsets[machine.name] = offset
        made = ClockDrifted if offset.notable else ClockCompared
        event = made(machine.name, round(offset.seconds, 3), round(offset.uncertainty, 3))
        self._timeline.record(event)
        return offset

    def drifts(self) -> dict[str, float]:
        """Machine → seconds its clock is ahead, of those that are notable."""
        with self._lock:
            return {name: each.seconds for name, each in self._offsets.items() if each.notable}

    def ours(self, machine: str, wall: float) -> float:
        """A Unix time that the machine told, on this computer's clock; as told while the two
        were not compared. What is within the uncertainty is no difference."""
        with self._lock:
            offset = self._offsets.get(machine)
        if offset is None or abs(offset.seconds) <= offset.uncertainty:
            return wall
        return wall - offset.seconds


def _look(machine: Machine) -> Offset:
    before = clock.wall()
    told = float(machine.check("date +%s.%N"))
    after = clock.wall()
    return Offset(told - (before + after) / 2, (after - before) / 2)
