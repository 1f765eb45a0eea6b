"""Recoveries without a cluster: of what is recorded by hand on a timeline."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import CALM
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.recovery import Recovery

SET = read_deployment(Path(__file__).parents[2] / "units" / "deployment.toml")
CONSTANTS = TimeTerms(SET, NATIVE, Measured(None, {}, 1.0))
FIRST, SECOND, LATE = 100.0, 200.0, 1000.0
"""Monotonic seconds; at LATE the time of everything else is over."""


def request(end: float, duration: float, error: str = "") -> RequestRecord:
    return RequestRecord(end - duration, duration, 0, "list", "GET", 200, "", error)


def running_with(timeline: Timeline, looks: list[object] | None = None) -> RunningDeployment:
    """``looks``: until when the configuration is watched, and "look" for each look at it."""
    looks = [] if looks is None else looks
    configuration = SimpleNamespace(
        watch=looks.append, look=lambda: looks.append("look"), sees=looks != []
    )
    return cast(
        "RunningDeployment",
        SimpleNamespace(
            timeline=timeline,
            since=0.0,
            deployment=SET,
            balancer=SET.balancer,
            configuration=configuration,
            alive=None,
        ),
    )


def followed(recoveries: Recoveries, kind: FaultKind, called: str, at: float) -> Recovery:
    """The recovery of a fault that hit the first instance of a service."""
    hit = SET.main_units(SET.service(called))[0]
    event = recoveries.running.timeline.record(
        FaultInjecting(hit.container, kind.name, "core-1"), at=at
    )
    (made,) = recoveries.follow(kind, hit.container, [hit], "core-1", event, CALM)
    return made
