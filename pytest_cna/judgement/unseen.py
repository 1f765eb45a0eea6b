"""Stages that could not be observed when they were due, so that they have not failed. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_cna.core.events.configuration import ConfigurationEvent, ConfigurationUnread
from pytest_cna.core.events.fleet import FleetReachable, FleetUnreachable
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.links import SCHEDULER
from pytest_cna.core.stages import NOTICED

if TYPE_CHECKING:
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.history import History


def unseen(history: History, stage: Stage, until: float = math.inf) -> tuple[float, str]:
    """Since when (monotonic seconds) ``stage`` could not be observed, and why: fleet, which alone
    shows it, answers on no machine, or no longer has the unit where it was hit; no container is
    left to read the configuration in. Infinite where it could be. ``until``: by what was recorded
    before that moment, at which it was observed."""
    r = history.recovery
    if stage.seen == "configuration" and until == math.inf:
        return _unread(history), "no container has a configuration that could be read"
    stops = stage is NOTICED and r.kind.hits == "unit"
    by_fleet = stage.link is SCHEDULER or stops or (stage is NOTICED and r.kind.moves)
    if not by_fleet:
        return math.inf, ""
    placed = history.all_events(UnitScheduled, r.name)[-1:] if stops and until == math.inf else []
    found = [
        (event.monotonic, f"fleet no longer has it on {r.machine}")
        for event in placed
        if event.machine != r.machine
    ]
    return min([_silent(history, until), *found])


def unwatched(history: History, stage: Stage) -> tuple[float, str]:
    """Since when (monotonic seconds) it is not known whether ``stage``, once reached, still holds,
    and why: fleet, which alone shows it, has answered on no machine. Infinite where it is known,
    and for what is over once it was observed."""
    stops = stage is NOTICED and history.recovery.kind.hits == "unit"
    return _silent(history) if stage.link is SCHEDULER or stops else (math.inf, "")


def _silent(history: History, until: float = math.inf) -> tuple[float, str]:
    every = history.all_events((FleetReachable, FleetUnreachable))
    for event in [event for event in every if event.monotonic < until][-1:]:
        if isinstance(event, FleetUnreachable):
            return event.monotonic, f"fleet has answered on no machine: {event.error}"
    return math.inf, ""


def _unread(history: History) -> float:
    read = history.all_events(ConfigurationEvent, history.recovery.name)
    if read and isinstance(read[-1], ConfigurationUnread):
        return read[-1].monotonic
    return math.inf
