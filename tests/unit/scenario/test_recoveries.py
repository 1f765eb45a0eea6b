"""What has to follow a fault is bound by how the set was before the first one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, CONTAINER_RESUME
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.stages import SERVING
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.fault_kinds import FaultKind

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
CONSTANTS = TimeTerms(SET, NATIVE, Measured(None, {}, 1.0))
FIRST, SECOND = 100.0, 200.0


def request(end: float, duration: float, error: str = "") -> RequestRecord:
    return RequestRecord(end - duration, duration, 0, "list", "GET", 200, "", error)


def running_with(timeline: Timeline) -> RunningDeployment:
    configuration = SimpleNamespace(watch=lambda until: None, sees=False)
    return cast(
        "RunningDeployment",
        SimpleNamespace(
            timeline=timeline,
            since=0.0,
            deployment=SET,
            balancer=SET.balancer,
            configuration=configuration,
        ),
    )


def test_only_good_answers_before_the_first_fault_tell_how_long_one_takes() -> None:
    records = [
        request(90.0, 0.25),
        request(95.0, 1.5),
        request(96.0, 9.0, error="Timeout"),
        request(101.0, 5.0),  # in flight at the fault
        request(150.0, 7.0),
    ]
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, lambda: records)
    web = SET.main_units(SET.service("web server"))[0]
    for at in (FIRST, SECOND):
        event = running.timeline.record(
            FaultInjected(web.container, CONTAINER_KILL.name, "core-1"), at=at
        )
        given = recoveries.circumstances()
        (recovery,) = recoveries.follow(
            CONTAINER_KILL, web.container, [web], "core-1", event, given
        )
        answer = recovery.bounds[SERVING].own[-1]
        assert answer.seconds == pytest.approx(2 * 1.5)
        assert "1.50 s at worst before the fault" in answer.source


@pytest.mark.parametrize(
    ("kind", "begins", "done"),
    [
        (CONTAINER_PAUSE, FaultInjecting, FaultInjected),
        (CONTAINER_RESUME, FaultHealing, FaultHealed),
    ],
)
def test_a_fault_is_given_the_time_that_its_command_took(
    kind: FaultKind, begins: type[FaultEvent], done: type[FaultEvent]
) -> None:
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, list)
    cache = SET.main_units(SET.service("cache"))[0]
    for subject, made, at in (
        (cache.container, begins, FIRST),
        ("another.1", done, FIRST + 1.0),
        (cache.container, done, FIRST + 3.2),
        (cache.container, done, SECOND),
    ):
        running.timeline.record(made(subject, kind.name, "core-1"), at=at)
    (begun,) = running.timeline.events(begins, cache.container)
    given = recoveries.circumstances()
    (recovery,) = recoveries.follow(kind, cache.container, [cache], "core-1", begun, given)
    itself = next(iter(recovery.bounds.values())).own[0]
    assert itself.name == f"{kind} itself"
    assert itself.seconds == pytest.approx(3.2)
