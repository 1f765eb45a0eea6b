"""Excuses: until when another fault of the scenario may keep a stage from being reached. Pure.

All times are monotonic seconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_cna.core.events.fault import FaultUndoneByGuard
from pytest_cna.core.events.routing import RoutingReachable
from pytest_cna.core.links import ROUTER
from pytest_cna.judgement.history import History

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cna.core.stages import Stage
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.judgement.recovery import Recovery


def customers_suffer_until(recovery: Recovery, every: Sequence[Recovery]) -> float:
    """Until when customers may suffer from the fault, or from faults of ``every`` that were
    injected while it, or one of those, was under way."""
    until = recovery.deadline
    for other in sorted(every, key=lambda each: each.since):
        if other.since <= until:
            until = max(until, other.deadline)
    return until


def unrouted_until(
    recovery: Recovery,
    every: Sequence[Recovery],
    timeline: Timeline,
    balancers: Collection[str],
    own: float = math.inf,
) -> float:
    """Until when no load balancer may route, because faults of ``every`` kept each of ``balancers``
    (names of units) away while the recovery was under way: infinite when none came back, minus
    infinite when some load balancer was there all the time. ``own``: seconds that routing may take
    from when one answers again."""
    ends = []
    for name in balancers:
        away = [
            end
            for other in every
            if other.kind.gone and other.name == name and other.since <= recovery.deadline
            if (end := _away_until(other, timeline)) >= recovery.since
        ]
        if not away:
            return -math.inf
        ends.append(max(away))
    first = min(ends, default=-math.inf)
    until = max([first, *(each.deadline for each in every if each.since == first)])
    back = timeline.events(RoutingReachable, since=first)
    return min([until, *(event.monotonic + own for event in back)])


def _away_until(other: Recovery, timeline: Timeline) -> float:
    """Infinite too where its machine undid the fault by itself: no bound says when it routes
    again."""
    history = History(other, timeline)
    return math.inf if isinstance(history.end, FaultUndoneByGuard) else history.until


def excused_until(
    recovery: Recovery,
    stage: Stage,
    every: Sequence[Recovery],
    timeline: Timeline,
    balancers: Collection[str],
) -> float:
    """Until when another fault may keep ``stage`` from being reached; minus infinite when none
    may."""
    if stage.seen == "customers":
        return customers_suffer_until(recovery, every)
    if stage.link is ROUTER and not stage.gone:
        own = recovery.bounds[stage].own_seconds
        return unrouted_until(recovery, every, timeline, balancers, own)
    return -math.inf
