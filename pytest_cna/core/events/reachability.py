"""Whether those who are asked for what they know answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pytest_cna.core.events.event import Event


@dataclass(frozen=True, slots=True)
class Reachability(Event):
    """An endpoint answers, or no longer does: recorded when this changes."""

    asked: ClassVar[str]
    """What the page calls the part that is asked."""

    error: str = field(default="", kw_only=True)
    """Why there was no answer; else empty."""


@dataclass(frozen=True, slots=True)
class Reachable(Reachability):
    """It answers."""


@dataclass(frozen=True, slots=True)
class Unreachable(Reachability):
    """It does not answer."""
