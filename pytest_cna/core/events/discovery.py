"""The discovery entries in etcd, and whether etcd's members answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_cna.core.events.event import Event, declare
from pytest_cna.core.events.reachability import Reachable, Unreachable


@dataclass(frozen=True, slots=True)
class EntryEvent(Event):
    """Something happened to the discovery entry of an instance."""

    path: str
    """``/services/<service>/<uuid>``."""
    service: str
    host: str
    """The machine that announced it."""
    ip: str
    port: int


@declare("discovery", "announced", subject="path")
@dataclass(frozen=True, slots=True)
class EntryAnnounced(EntryEvent):
    """An instance was announced, or announced with other values."""


@declare("discovery", "withdrawn", subject="path")
@dataclass(frozen=True, slots=True)
class EntryWithdrawn(EntryEvent):
    """An entry is gone: it was deleted, or its lease expired."""


@declare("discovery", "reachable", subject="endpoint")
@dataclass(frozen=True, slots=True)
class DiscoveryReachable(Reachable):
    """A member of etcd answers."""

    asked: ClassVar[str] = "etcd"

    endpoint: str
    """``ip:port``."""


@declare("discovery", "unreachable", subject="endpoint")
@dataclass(frozen=True, slots=True)
class DiscoveryUnreachable(Unreachable):
    """A member of etcd does not answer."""

    asked: ClassVar[str] = "etcd"

    endpoint: str
    """``ip:port``."""
