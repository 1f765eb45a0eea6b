"""The phases of bringing machines up, and how long each takes."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESOURCES = ("security_group", "port", "server")
"""Names of resources in the templates of infra/openstack, in the order of their creation."""


class BootPhases:
    """Reports each phase when it ends; the first begins with this object's creation."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._begun = time.monotonic()

    def ends(self, phase: str, more: str = "") -> None:
        now = time.monotonic()
        self._progress(f"{phase}: {now - self._begun:.1f} s{more}")
        self._begun = now

    def stack_created(self, events: Sequence[Mapping[str, Any]]) -> float:
        """Report the stack's creation and its slowest resources, from Heat's events.

        Returns when (monotonic) the first server got power; the current time without such an event.
        """
        took = {name: slowest(events, name) for name in RESOURCES}
        longest = ", ".join(
            f"{name.replace('_', ' ')} {seconds:.0f} s" for name, seconds in took.items()
        )
        self.ends("stack created", f" (the slowest of each: {longest})" if events else "")
        powered = [when(row) for row in events if is_about(row, "server", "CREATE_COMPLETE")]
        if not powered:
            return self._begun
        ended = max(when(row) for row in events)
        return self._begun - (ended - min(powered)).total_seconds()


def slowest(events: Sequence[Mapping[str, Any]], resource: str) -> float:
    """Seconds of the slowest resource of that name; Heat's events have whole seconds."""
    begun = {
        _resource(row): when(row) for row in events if is_about(row, resource, "CREATE_IN_PROGRESS")
    }
    ended = {
        _resource(row): when(row) for row in events if is_about(row, resource, "CREATE_COMPLETE")
    }
    return max(
        ((ended[each] - begun[each]).total_seconds() for each in begun.keys() & ended.keys()),
        default=0.0,
    )


def is_about(event: Mapping[str, Any], resource: str, status: str) -> bool:
    return bool(event["resource_name"] == resource and event["resource_status"] == status)


def when(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["event_time"])


def _resource(event: Mapping[str, Any]) -> str:
    """The resource's URL: the stacks of machines have resources of the same names."""
    return str(next(link["href"] for link in event["links"] if link["rel"] == "resource"))
