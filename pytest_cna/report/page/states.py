"""States: what each event makes of the machine, unit, container, entry or server it tells of.

One small class a kind of lane; each keeps what it has to know of earlier events. Whatever an event
leaves out is taken as unknown: a timeline may be cut or written by another version.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from pytest_cna.core.model import is_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_cna.core.timeline import Event

Tone = Literal["good", "changing", "bad", "absent", "unknown"]
TONES: tuple[Tone, ...] = ("good", "changing", "bad", "absent", "unknown")


@dataclass(frozen=True, slots=True)
class State:
    """In the part's own words, and how it looks to a reader."""

    words: str
    tone: Tone


class States(Protocol):
    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        """What changed by ``event``: subject, lane and state from its time on."""
        ...


class Machines:
    """Power, as we gave and took it, and fleet's list."""

    def __init__(self, _: frozenset[str]) -> None:
        self.off: set[str] = set()
        self._listed: dict[str, bool] = {}

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        name = event.subject
        match event.source, event.kind:
            case "machine", "lost":
                self.off.add(name)
            case "machine", "started":
                self.off.discard(name)
            case "fleet", "machine-joined":
                self._listed[name] = True
            case "fleet", "machine-gone":
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
        machine = _text(event.data, "machine")
        match event.source, event.kind:
            case "unit", "scheduled":
                self._placed[event.subject] = machine
                words = f"placed on {machine}" if machine else "placed nowhere"
                yield event.subject, "unit", State(words, "changing" if machine else "absent")
            case "unit", "state":
                active = _text(event.data, "active")
                if machine == self._placed.setdefault(event.subject, machine):
                    words = f"{active}/{_text(event.data, 'sub')} on {machine}"
                    yield event.subject, "unit", State(words, _UNIT.get(active, "unknown"))
            case "machine", "lost":
                for unit, where in self._placed.items():
                    if where == event.subject:
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
    """``started``: those that are ever started; others only have to be there, for their data."""

    def __init__(self, started: frozenset[str]) -> None:
        self._started = started
        self._at: dict[str, str] = {}

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        name, machine = event.subject, _text(event.data, "machine")
        if (event.source, event.kind) == ("machine", "lost"):
            for container, where in self._at.items():
                if where == name:
                    yield container, "container", State(f"{where} is lost", "unknown")
        if event.source != "container":
            return
        code = _text(event.data, "exit_code")
        match event.kind:
            case "create":
                self._at[name] = machine
                tone: Tone = "changing" if name in self._started else "good"
                yield name, "container", State(f"created on {machine}", tone)
            case "start":
                self._at[name] = machine
                yield name, "container", State(f"running on {machine}", "good")
            case "die":
                words = f"ended{f' with {code}' if code else ''} on {machine}"
                yield name, "container", State(words, "bad")
            case "destroy" if self._at.get(name, machine) == machine:
                yield name, "container", State(f"removed from {machine}", "absent")


class Entries:
    """By service and port: an instance that moves keeps its lane."""

    def __init__(self, _: frozenset[str]) -> None:
        self._standing: dict[str, dict[str, str]] = defaultdict(dict)

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        if event.source != "discovery" or event.kind not in {"announced", "withdrawn"}:
            return
        key = f"{_text(event.data, 'service')}:{_text(event.data, 'port')}"
        standing = self._standing[key]
        if event.kind == "announced":
            standing[event.subject] = _text(event.data, "host") or _text(event.data, "ip")
        else:
            standing.pop(event.subject, None)
        hosts = sorted(standing.values())
        if not hosts:
            yield key, "entry", State("no entry", "absent")
        elif len(hosts) == 1:
            yield key, "entry", State(f"announced by {hosts[0]}", "good")
        else:
            yield key, "entry", State(f"announced by {' and '.join(hosts)}", "changing")


SERVER = re.compile(r"(?P<service>.+)_(?P<ip>[^_]+)_(?P<port>\d+)", re.DOTALL)
"""How the load balancer's servers are named (``model.server_name``)."""


class Servers:
    """By service and port, over all addresses the instance had."""

    def __init__(self, _: frozenset[str]) -> None:
        self._known: dict[str, dict[str, str]] = defaultdict(dict)

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        if event.source != "routing" or event.kind not in {"added", "removed", "status"}:
            return
        named = SERVER.fullmatch(event.subject)
        key = f"{named['service']}:{named['port']}" if named else event.subject
        known = self._known[key]
        server = f"{event.subject} {_text(event.data, 'load_balancer')}"
        if event.kind == "removed":
            known.pop(server, None)
        else:
            known[server] = _text(event.data, "status")
        if not known:
            yield key, "HAProxy", State("no server", "absent")
            return
        words = ", ".join(sorted(set(known.values())))
        up = [is_up(status) for status in known.values()]
        tone: Tone = "good" if all(up) else "changing" if any(up) else _server(words)
        yield key, "HAProxy", State(words, tone)


def _server(status: str) -> Tone:
    return "changing" if status.startswith(("MAINT", "DRAIN", "NOLB")) else "bad"


class Reachable:
    """Whether those who were asked answered."""

    ASKED: Mapping[str, str] = {"fleet": "fleet", "discovery": "etcd", "routing": "HAProxy"}

    def __init__(self, _: frozenset[str]) -> None:
        pass

    def after(self, event: Event) -> Iterator[tuple[str, str, State]]:
        asked = self.ASKED.get(event.source)
        if asked and event.kind in {"reachable", "unreachable"}:
            lane = event.subject or "API"
            if event.kind == "reachable":
                yield asked, lane, State("answers", "good")
            else:
                why = _text(event.data, "error")
                yield asked, lane, State(f"does not answer: {why}".removesuffix(": "), "bad")


STATES: Mapping[str, Callable[[frozenset[str]], States]] = {
    "machine": Machines,
    "unit": Units,
    "container": Containers,
    "entry": Entries,
    "server": Servers,
    "observer": Reachable,
}
"""Kind of lane → its states, made with the names of all containers that are ever started."""


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)
