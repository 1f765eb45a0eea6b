"""States: the state of a machine, unit, container, entry or server after each event.

One small class for each kind of lane; each keeps what it needs of earlier events.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent
from pytest_cna.core.events.event import UnknownEvent
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.machine import MachineLost, MachineStarted
from pytest_cna.core.events.reachability import Reachable, Unreachable
from pytest_cna.core.events.routing import BalancerGone, ServerEvent, ServerRemoved
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.model import ServerName, is_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_cna.core.events.event import Event, Tone

TONES: tuple[Tone, ...] = ("good", "changing", "bad", "absent", "unknown")


@dataclass(frozen=True, slots=True)
class State:
    """A state in the words of the observed part, with its tone."""

    words: str
    tone: Tone


class States(Protocol):
    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        """The changes that ``event`` makes: subject, lane, and its state from then on."""
        ...


class Machines:
    """The power of machines, as faults cut and restored it, and fleet's list."""

    def __init__(self, _: frozenset[str]) -> None:
        self.off: set[str] = set()
        self._listed: dict[str, bool] = {}

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        match event:
            case MachineLost(machine=name):
                self.off.add(name)
            case MachineStarted(machine=name):
                self.off.discard(name)
            case MachineJoined(machine=name):
                self._listed[name] = True
            case MachineGone(machine=name):
                self._listed[name] = False
            case _:
                return
        listed = self._listed.get(name)
        if name in self.off:
            words = "without power" + (", still in fleet's list" if listed else "")
            yield name, "machine", State(words, "bad")
        elif listed:
            yield name, "machine", State("in fleet's list", "good")
        else:
            yield name, "machine", State("on, not in fleet's list", "changing")


class Units:
    def __init__(self, _: frozenset[str]) -> None:
        self._placed: dict[str, str] = {}

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        match event:
            case UnitScheduled(unit=unit, machine=machine):
                self._placed[unit] = machine
                words = f"placed on {machine}" if machine else "placed nowhere"
                yield unit, "unit", State(words, "changing" if machine else "absent")
            case UnitStateChanged(unit=unit, machine=machine, active=active, sub=sub):
                if machine == self._placed.setdefault(unit, machine):
                    words = f"{active}/{sub} on {machine}"
                    yield unit, "unit", State(words, _UNIT.get(active, "unknown"))
            case MachineLost(machine=machine):
                for unit, where in self._placed.items():
                    if where == machine:
                        yield unit, "unit", State(f"{where} is lost", "unknown")


_UNIT: Mapping[str, Tone] = {
    "active": "good",
    "reloading": "changing",
    "activating": "changing",
    "deactivating": "changing",
    "inactive": "absent",
    "failed": "bad",
}


class Containers:
    """Containers. ``started`` are those that are ever started; others only have to exist, for their
    data."""

    def __init__(self, started: frozenset[str]) -> None:
        self._started = started
        self._at: dict[str, str] = {}

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        match event:
            case MachineLost():
                for container, where in self._at.items():
                    if where == event.machine:
                        yield container, "container", State(f"{where} is lost", "unknown")
            case ContainerCreated(container=name, machine=machine):
                self._at[name] = machine
                tone: Tone = "changing" if name in self._started else "good"
                yield name, "container", State(f"created on {machine}", tone)
            case ContainerStarted(container=name, machine=machine):
                self._at[name] = machine
                yield name, "container", State(f"running on {machine}", "good")
            case ContainerDied(container=name, machine=machine, exit_code=code):
                words = f"ended{f' with {code}' if code else ''} on {machine}"
                yield name, "container", State(words, "bad")
            case ContainerDestroyed(container=name, machine=machine):
                if self._at.get(name, machine) == machine:
                    yield name, "container", State(f"removed from {machine}", "absent")


class Entries:
    """Discovery entries by service and port, so that an instance that moves keeps its lane."""

    def __init__(self, _: frozenset[str]) -> None:
        self._standing: dict[str, dict[str, str]] = defaultdict(dict)

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        if not isinstance(event, EntryEvent):
            return
        key = f"{event.service}:{event.port}"
        standing = self._standing[key]
        if isinstance(event, EntryAnnounced):
            standing[event.path] = event.host or event.ip
        else:
            standing.pop(event.path, None)
        hosts = sorted(standing.values())
        if not hosts:
            yield key, "entry", State("no entry", "absent")
        elif len(hosts) == 1:
            yield key, "entry", State(f"announced by {hosts[0]}", "good")
        else:
            yield key, "entry", State(f"announced by {' and '.join(hosts)}", "changing")


class Servers:
    """Servers by service and port, whatever address the instance has."""

    def __init__(self, _: frozenset[str]) -> None:
        self._known: dict[str, dict[str, str]] = defaultdict(dict)

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        if isinstance(event, BalancerGone):
            yield from self._forget(event.load_balancer)
        if not isinstance(event, ServerEvent):
            return
        named = ServerName.parse(event.server)
        key = f"{named.service}:{named.port}" if named else event.server
        known = self._known[key]
        server = f"{event.server} {event.load_balancer}"
        if isinstance(event, ServerRemoved):
            known.pop(server, None)
        else:
            known[server] = event.status
        yield key, "HAProxy", _servers(known)

    def _forget(self, balancer: str) -> Iterator[tuple[str, str, State]]:
        """A load balancer is no longer announced: nothing is known of its servers."""
        for key, known in self._known.items():
            gone = [server for server in known if server.endswith(f" {balancer}")]
            for server in gone:
                del known[server]
            if gone:
                yield key, "HAProxy", _servers(known)


def _servers(known: Mapping[str, str]) -> State:
    if not known:
        return State("no server", "absent")
    words = ", ".join(sorted(set(known.values())))
    up = [is_up(status) for status in known.values()]
    tone: Tone = "good" if all(up) else "changing" if any(up) else _server(words)
    return State(words, tone)


def _server(status: str) -> Tone:
    return "changing" if status.startswith(("MAINT", "DRAIN", "NOLB")) else "bad"


class Answers:
    """Whether the observed APIs answered."""

    def __init__(self, _: frozenset[str]) -> None:
        pass

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        lane = event.subject or "API"
        match event:
            case Reachable():
                yield event.asked, lane, State("answers", "good")
            case Unreachable():
                words = f"does not answer: {event.error}".removesuffix(": ")
                yield event.asked, lane, State(words, "bad")


class Others:
    """Kinds without a special drawing, by their declaration; unknown kinds, of another version or a
    plugin, by their data."""

    def __init__(self, _: frozenset[str]) -> None:
        pass

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        if isinstance(event, UnknownEvent):
            yield event.source, event.subject or event.source, State(event.text, "unknown")
        elif event.declared.lane:
            lane = event.subject or event.source
            yield event.declared.lane, lane, State(event.text, event.declared.tone)


STATES: Mapping[str, Callable[[frozenset[str]], States]] = {
    "machine": Machines,
    "unit": Units,
    "container": Containers,
    "entry": Entries,
    "server": Servers,
    "observer": Answers,
    "other": Others,
}
"""Kind of lane → its class, which is given the names of all containers that are ever started."""
