"""Whether the observed APIs (fleet, etcd, HAProxy) answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pytest_cna.core.events.event import Event


@dataclass(frozen=True, slots=True)
class Reachability(Event):
    """An endpoint answers, or no longer answers; recorded on each change."""

    asked: ClassVar[str]
    """The name of the observed part on the page."""

    error: str = field(default="", kw_only=True)
    """Why there was no answer; empty when there was one."""


@dataclass(frozen=True, slots=True)
class Reachable(Reachability):
    """The endpoint answers."""


@dataclass(frozen=True, slots=True)
class Unreachable(Reachability):
    """The endpoint does not answer."""
