"""The load balancers' servers, and whether their statistics can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_cna.core.events.event import Event, declare
from pytest_cna.core.events.reachability import Reachable, Unreachable
from pytest_cna.core.model import is_up


@dataclass(frozen=True, slots=True)
class ServerEvent(Event):
    """Something happened to a server of a backend in one load balancer."""

    server: str
    """Its name: ``<service>_<ip>_<port>``."""
    backend: str
    status: str
    """HAProxy's status: UP, DOWN, MAINT, DRAIN, ``UP 1/2``, ``no check``; for a removed server the
    last one."""
    check: str
    """The last result of HAProxy's health check."""
    load_balancer: str = ""
    """The load balancer's address."""

    @property
    def up(self) -> bool:
        """Whether the load balancer has the server UP from then on."""
        return is_up(self.status)


@declare("routing", "added", subject="server")
@dataclass(frozen=True, slots=True)
class ServerAdded(ServerEvent):
    """A load balancer has a new server."""


@declare("routing", "removed", subject="server")
@dataclass(frozen=True, slots=True)
class ServerRemoved(ServerEvent):
    """A load balancer no longer has a server."""

    @property
    def up(self) -> bool:
        return False


@declare("routing", "status", subject="server")
@dataclass(frozen=True, slots=True)
class ServerStatusChanged(ServerEvent):
    """A server's status, or the result of its health check, changed."""


@declare("routing", "reachable", subject="load_balancer")
@dataclass(frozen=True, slots=True)
class RoutingReachable(Reachable):
    """A load balancer's statistics can be read."""

    asked: ClassVar[str] = "HAProxy"

    load_balancer: str
    """Its address."""


@declare("routing", "unreachable", subject="load_balancer")
@dataclass(frozen=True, slots=True)
class RoutingUnreachable(Unreachable):
    """A load balancer's statistics cannot be read."""

    asked: ClassVar[str] = "HAProxy"

    load_balancer: str
    """Its address."""


@declare("routing", "gone", subject="load_balancer")
@dataclass(frozen=True, slots=True)
class BalancerGone(Event):
    """A load balancer is no longer announced: nothing is known of its servers from then on."""

    load_balancer: str
    """Its address."""


ROUTING_EVENTS: tuple[type[Event], ...] = (
    ServerEvent,
    RoutingReachable,
    RoutingUnreachable,
    BalancerGone,
)
"""Every class that says what load balancers route to."""
