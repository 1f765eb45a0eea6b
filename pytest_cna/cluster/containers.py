"""Observers of the containers on every machine, by Docker's own events."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_cna.cluster.clocks import EDGE
from pytest_cna.cluster.observer import Observer
from pytest_cna.cluster.observers import Observers
from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, TransportError
from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerEvent,
    ContainerKilled,
    ContainerStarted,
    ContainerStopped,
)
from pytest_cna.core.events.fault import FaultInjecting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline

BY_ACTION: Mapping[str, type[ContainerEvent]] = {
    "create": ContainerCreated,
    "start": ContainerStarted,
    "die": ContainerDied,
    "kill": ContainerKilled,
    "stop": ContainerStopped,
    "destroy": ContainerDestroyed,
}
"""Docker's action → class of event; other actions are ignored."""
RETRY = 0.25
"""Seconds between attempts while a machine, or its Docker, does not answer."""
NOTABLE = 0.5
"""Seconds that an event may be old, or ahead of the present, before the machine's clock is asked
for again."""
SELDOM = 10.0
"""Seconds until the next such look, which runs a command on the machine, after one in vain: a
machine that is slow gives many old events."""
KEPT = 10_000
"""Events that are remembered, to know those that Docker gives again after an interruption."""
PATIENCE = 1.0
"""Seconds to wait for a stream to end after it was stopped; that of a frozen machine does not end.
"""


class ContainerObserver(Observers):
    """One observer for each machine.

    Each event has the time that the machine's Docker gives, converted to this computer's clock; the
    two clocks are compared each time the machine becomes reachable, before each fault, and when an
    event comes with a time that is far from the present one, because a machine's clock may be set.
    Events during an interruption are recorded afterwards, as far as Docker still has them.
    """

    def __init__(self, timeline: Timeline, machines: Sequence[Machine], clocks: Clocks) -> None:
        self._of = {each.name: _MachineObserver(timeline, each, clocks) for each in machines}
        super().__init__(*self._of.values())


class _MachineObserver(Observer):
    what = "Docker"
    error = CnaError

    def __init__(self, timeline: Timeline, machine: Machine, clocks: Clocks) -> None:
        super().__init__()
        self._timeline = timeline
        self._machine = machine
        self._clocks = clocks
        # Unix time and, by the machine's clock, nanoseconds: events are requested from here on,
        # so that those of an interruption are recorded too
        self._begun = int(clock.wall() * 1e9)
        self._last = 0
        self._known: deque[tuple[int, str, str]] = deque(maxlen=KEPT)
        self._at = float("-inf")
        self._in_vain = float("-inf")

    def observe(self) -> None:
        while not self._stopping.is_set():
            with suppress(TransportError):
                self._listen()
            self._stopping.wait(RETRY)

    def _listen(self) -> None:
        """Record events until the machine is lost or the observer is stopped."""
        offset = self._clocks.compare(self._machine)
        since = self._last or self._begun + int(offset.seconds * 1e9)
        seconds, nanoseconds = divmod(since, 10**9)
        command = (
            f"docker events --since {seconds}.{nanoseconds:09d} --filter type=container "
            "--format '{{json .}}'"
        )
        with self._machine.transport.stream(command) as lines:
            reader = threading.Thread(target=self._record_all, args=(lines,), daemon=True)
            reader.start()
            while reader.is_alive() and not self._stopping.is_set():
                self._stopping.wait(RETRY)
        reader.join(PATIENCE)

    def _record_all(self, lines: Iterator[str]) -> None:
        with suppress(ValueError):  # the stream was closed while an event was recorded
            for line in lines:
                if not self._thread.is_alive():
                    return  # the machine resumed after the observer had ended
                with suppress(ValueError, LookupError):  # cut off by the loss of the machine
                    self.record(json.loads(line))

    def record(self, event: Mapping[str, Any]) -> None:
        """Record one event, as Docker prints it in JSON, unless it was recorded before."""
        nanoseconds = int(event["timeNano"])
        attributes = event["Actor"]["Attributes"]
        kind = BY_ACTION.get(event["Action"])
        # not by the time alone: a clock that is set back gives a time twice
        key = (nanoseconds, event["Action"], attributes["name"])
        if key in self._known or kind is None:
            return
        self._known.append(key)
        self._last = nanoseconds
        now = clock.monotonic()
        at = self._converted(nanoseconds, now)
        # Docker's events come in order: a time before the last one is of a clock that was set back
        back = at < self._at - EDGE
        if back or (abs(now - at) > NOTABLE and now - self._in_vain > SELDOM):
            if not self._clocks.check([self._machine]):
                self._in_vain = clock.monotonic()
            at = self._converted(nanoseconds, now)
        # the two clocks differ a little: keep times in order and out of the future
        self._at = min(now, max(self._not_before_its_cause(at), self._at))
        recorded = kind(attributes["name"], self._machine.name, attributes.get("exitCode", ""))
        self._timeline.record(recorded, at=self._at)

    def _converted(self, nanoseconds: int, now: float) -> float:
        wall = self._clocks.converted(self._machine.name, nanoseconds / 1e9)
        return now - (clock.wall() - wall)

    def _not_before_its_cause(self, at: float) -> float:
        """``at``, or the beginning of the fault on this machine that it lies before by no more than
        the clocks may be wrong."""
        wrong = self._clocks.uncertainty(self._machine.name) + EDGE
        for fault in self._timeline.events(FaultInjecting, since=at):
            if fault.machine == self._machine.name and fault.monotonic - at <= wrong:
                return fault.monotonic
        return at
