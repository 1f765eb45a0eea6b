"""Observer of the application's configuration, as confd rendered it in each container with it."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.cluster.engine.docker import Docker
from pytest_cna.cluster.observer import Observer
from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.configuration import (
    ConfigurationDiffers,
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
    ConfigurationUnread,
)
from pytest_cna.core.events.container import ContainerDied, ContainerEvent
from pytest_cna.core.events.discovery import EntryAnnounced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.cluster.clocks import Clocks
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the configuration; ``at`` is when it was written, in Unix time."""

    container: str
    text: str
    at: float

    def names(self, ip: str, port: int) -> bool:
        """Whether an endpoint stands there: the port a few characters after the address."""
        return re.search(rf"{re.escape(ip)}\D{{1,20}}{port}\b", self.text) is not None


class ConfigurationObserver(Observer):
    """Observer that records when all copies, or none any more, name a unit that the application
    finds there: one that is announced and not routed. It reads them every ``interval`` seconds
    while somebody ``watch``es, because each look runs a command in each container.

    ``file`` is the configuration's path below the application's code; without one, and for a
    deployment without that code, nothing is ever read.
    """

    what = "the application's configuration"

    def __init__(
        self,
        timeline: Timeline,
        machines: Sequence[Machine],
        deployment: Deployment,
        clocks: Clocks,
        file: str,
        interval: float = 0.25,
    ) -> None:
        super().__init__()
        self._machines = {machine.name: machine for machine in machines}
        self._timeline = timeline
        self._clocks = clocks
        self._interval = interval
        mains = deployment.mains
        self._readers = {
            unit: f"{unit.service.code}/{file}" for unit in mains if file and unit.service.code
        }
        self._named = [
            unit
            for unit in mains
            if unit.service.announced and not unit.service.backend and not unit.service.stats_port
        ]
        self._until = float("-inf")
        self._looked = float("-inf")
        self._said: dict[str, type[ConfigurationEvent]] = {}
        self._changed: dict[str, float] = {}
        self._looking = threading.Lock()

    @property
    def sees(self) -> bool:
        """Whether there is a configuration to read."""
        return bool(self._readers)

    def watch(self, until: float) -> None:
        """Look from now on, at least until that moment (monotonic seconds)."""
        self._until = max(self._until, until)

    def observe(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            if clock.monotonic() <= self._until:
                self.look()
            self._rest(self._interval, began)

    def look(self) -> None:
        """Read every copy that can be read now, and record what changed. Also for
        other threads: where looks take long, the observer itself looks seldom."""
        with self._looking:
            began = clock.monotonic()
            copies = list(self._copies())
            for unit in self._named if self.sees else []:
                self._compare(unit, copies)
            if copies:
                self._looked = began

    def _compare(self, unit: DeployedUnit, copies: list[Copy]) -> None:
        announced = [
            event
            for event in self._timeline.events(EntryAnnounced)
            if unit.announces(event.service, event.port)
        ]
        if not announced:
            return
        ip, port = announced[-1].ip, announced[-1].port
        found = {copy.names(ip, port) for copy in copies}
        made: type[ConfigurationEvent] = ConfigurationDiffers
        if not copies:
            made = ConfigurationUnread
        elif len(found) == 1:
            made = ConfigurationNamed if True in found else ConfigurationDropped
        if self._said.get(unit.name) is made:
            return
        self._said[unit.name] = made
        at = self._changed_at(unit, copies) if copies else None
        self._timeline.record(made(unit.name, endpoint=f"{ip}:{port}"), at=at)

    def _changed_at(self, unit: DeployedUnit, copies: list[Copy]) -> float:
        # both clocks at once, after the look: on a slow machine it takes seconds
        now = clock.monotonic()
        written = now - (clock.wall() - max(copy.at for copy in copies))
        # what was not so at the look before has changed since
        at = min(now, max(written, self._looked))
        # nor before what was seen before: times of files are not as exact as the clock
        self._changed[unit.name] = max(at, self._changed.get(unit.name, at))
        return self._changed[unit.name]

    def _copies(self) -> Iterator[Copy]:
        for unit, path in self._readers.items():
            events = self._timeline.events(ContainerEvent, unit.container)
            if not events or isinstance(events[-1], ContainerDied):
                continue
            machine = self._machines[events[-1].machine]
            command = f"sh -c 'stat -c %.Y {path} && cat {path}'"
            try:
                read = Docker(machine).execute(unit.container, command)
            except CnaError:
                continue  # it is away with its machine: the others are read
            at, _, text = read.stdout.partition("\n")
            if read.succeeded and at:
                yield Copy(unit.container, text, self._clocks.converted(machine.name, float(at)))
