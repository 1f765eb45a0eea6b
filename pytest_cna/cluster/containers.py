"""Docker on every machine: what happens to the containers there."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_cna.cluster.observer import Observer
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
"""What Docker calls what happened → the event it is; the rest changes nothing."""
RETRY = 0.25
"""Seconds until a machine without power, or whose Docker is not up yet, is asked again."""
PATIENCE = 1.0
"""Seconds a stream has to end when it is told to; a frozen machine's does not."""


class ContainerObserver:
    """One observer a machine. Each event carries the time that machine's Docker gives it, by this
    computer's clock: the two are compared whenever the machine can be reached again. What
    happened while a machine could not be reached is told when it can be again, as far as its
    Docker remembers."""

    def __init__(self, timeline: Timeline, machines: Sequence[Machine], clocks: Clocks) -> None:
        self._observers = [_MachineObserver(timeline, machine, clocks) for machine in machines]

    def start(self) -> None:
        for observer in self._observers:
            observer.start()

    def alive(self) -> None:
        for observer in self._observers:
            observer.alive()

    def stop(self) -> None:
        for observer in self._observers:
            observer.stop()


class _MachineObserver(Observer):
    what = "Docker"
    error = CnaError

    def __init__(self, timeline: Timeline, machine: Machine, clocks: Clocks) -> None:
        super().__init__()
        self._timeline = timeline
        self._machine = machine
        self._clocks = clocks
        # Unix time, nanoseconds, the latter by the machine's clock: what happened while nobody
        # listened is told from there on
        self._begun = int(clock.wall() * 1e9)
        self._last = 0
        self._at = float("-inf")

    def observe(self) -> None:
        while not self._stopping.is_set():
            with suppress(TransportError):
                self._listen()
            self._stopping.wait(RETRY)

    def _listen(self) -> None:
        """Until the machine is lost, or the observer stopped."""
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
        for line in lines:
            if not self._thread.is_alive():
                return  # the machine thawed after the observer had ended
            with suppress(ValueError, LookupError):  # cut off by the loss of the machine
                self._record(json.loads(line))

    def _record(self, event: dict[str, Any]) -> None:
        nanoseconds = int(event["timeNano"])
        attributes = event["Actor"]["Attributes"]
        made = BY_ACTION.get(event["Action"])
        if nanoseconds <= self._last or made is None:
            return
        self._last = nanoseconds
        now = clock.monotonic()
        at = now - (clock.wall() - self._clocks.ours(self._machine.name, nanoseconds / 1e9))
        # two clocks are read: never into the future, never before what came before
        self._at = min(now, max(at, self._at))
        told = made(attributes["name"], self._machine.name, attributes.get("exitCode", ""))
        self._timeline.record(told, at=self._at)
