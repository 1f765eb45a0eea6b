"""Data types shared by the rooms: plain and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command on a machine."""

    command: str
    exit_status: int
    stdout: str
    stderr: str

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0


@dataclass(frozen=True, slots=True)
class UnitState:
    """The state of a unit on a machine, as fleet's ``/state`` reports it, in systemd's words."""

    name: str
    machine_id: str
    load: str
    active: str
    sub: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as fleet's ``/units`` lists it, with its desired and current state."""

    name: str
    desired_state: str
    current_state: str
    machine_id: str
    """Empty while the unit is not scheduled."""


@dataclass(frozen=True, slots=True)
class FleetMachine:
    """A machine, as fleet's ``/machines`` lists it."""

    id: str
    address: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DiscoveryEntry:
    """One announced instance: ``/services/<service>/<uuid>/{host,ip,port}`` in etcd."""

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
        """The name of its server in HAProxy."""
        return str(ServerName(self.service, self.ip, self.port))


@dataclass(frozen=True, slots=True)
class ServerName:
    """What a server is called in HAProxy: its discovery entry's service, address and port. ``str``
    is the name, ``parse`` the inverse."""

    service: str
    ip: str
    port: int

    def __str__(self) -> str:
        return server_name(self.service, self.ip, self.port)

    @classmethod
    def parse(cls, name: str) -> ServerName | None:
        """None for a name that no discovery entry gives."""
        parts = name.rsplit("_", 2)
        if len(parts) != 3 or not all(parts):
            return None
        service, ip, port = parts
        return cls(service, ip, int(port)) if port.isascii() and port.isdigit() else None


def server_name(service: object, ip: object, port: object) -> str:
    """The name of a server in HAProxy, from which its discovery entry can be found."""
    return f"{service}_{ip}_{port}"


@dataclass(frozen=True, slots=True)
class Server:
    """One server of one backend (both in HAProxy's sense): a row of HAProxy's statistics."""

    backend: str
    name: str
    status: str
    """HAProxy's status: UP, DOWN, MAINT, DRAIN, ``UP 1/2``, ``no check``."""
    check: str
    sessions: int

    @property
    def up(self) -> bool:
        return is_up(self.status)


def is_up(status: str) -> bool:
    """Whether HAProxy's ``status`` means up. A server without a health check (``no check``) is not:
    HAProxy would send requests to it whatever became of it."""
    return status.startswith("UP")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request of one customer. Times are seconds; ``start`` is on the monotonic clock."""

    start: float
    duration: float
    customer: int
    action: str
    """The customer's action: login, list, open, search, create."""
    method: str
    status: int
    """HTTP status, 0 without an answer."""
    served_by: str
    """The instance that answered, by the name the application gives; empty when unknown."""
    error: str
    """Class of the failure (``ConnectionRefused``, ``Timeout``, ``HTTP 503`` …); empty without one.
    """
    created: str = ""
    """Id of the record that this request created and the application acknowledged; made by the
    customer."""
    resent: bool = False
    """Whether it was sent again, as browsers do, because a kept connection was closed before an
    answer."""

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def end(self) -> float:
        return self.start + self.duration
