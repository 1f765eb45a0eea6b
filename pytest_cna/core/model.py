"""The nouns that cross borders between the parts: plain, frozen, without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command on a machine left behind."""

    command: str
    exit_status: int
    stdout: str
    stderr: str

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0


@dataclass(frozen=True, slots=True)
class UnitState:
    """One unit on one machine as fleet's ``/state`` reports it (systemd's own words)."""

    name: str
    machine_id: str
    load: str
    active: str
    sub: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit fleet knows: where it wants it and what it thinks it is."""

    name: str
    desired_state: str
    current_state: str
    machine_id: str
    """Empty while the unit is not scheduled."""


@dataclass(frozen=True, slots=True)
class FleetMachine:
    """A machine as fleet's ``/machines`` lists it."""

    id: str
    address: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DiscoveryEntry:
    """One instance announced under ``/services/<service>/<uuid>/{host,ip,port}``."""

    service: str
    uuid: str
    host: str
    ip: str
    port: int

    @property
    def path(self) -> str:
        return f"/services/{self.service}/{self.uuid}"

    @property
    def endpoint(self) -> str:
        return f"{self.ip}:{self.port}"

    @property
    def server(self) -> str:
        """What HAProxy calls it."""
        return server_name(self.service, self.ip, self.port)


def server_name(service: object, ip: object, port: object) -> str:
    """A backend's servers are named so that they tell which discovery entry they stand for."""
    return f"{service}_{ip}_{port}"


@dataclass(frozen=True, slots=True)
class Server:
    """A row of HAProxy's statistics: one server of one backend, in HAProxy's sense."""

    backend: str
    name: str
    status: str
    """HAProxy's word: UP, DOWN, MAINT, DRAIN, ``UP 1/2``, ``no check``."""
    check: str
    sessions: int

    @property
    def up(self) -> bool:
        return is_up(self.status)


def is_up(status: str) -> bool:
    """``status`` in HAProxy's words; a server that nobody checks counts as up."""
    return status.startswith("UP") or status == "no check"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request of one customer. Times are seconds; ``start`` is on the monotonic clock."""

    start: float
    duration: float
    customer: int
    action: str
    """What the customer did: login, list, open, search, create."""
    method: str
    status: int
    """HTTP status, 0 when none came."""
    served_by: str
    """The serving instance as the application names it, empty when unknown."""
    error: str
    """Class of the failure (``ConnectionRefused``, ``Timeout``, ``HTTP 503`` …), empty if none."""
    created: str = ""
    """Client-made id of an acknowledged created record."""
    resent: bool = False
    """Sent again, as browsers do, because a kept connection was closed before any answer."""

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def end(self) -> float:
        return self.start + self.duration
