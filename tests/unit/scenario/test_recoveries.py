"""Recoveries: bound by how the set was before the first fault, followed, awaited and judged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
)
from pytest_cna.core.events.fleet import FleetReachable, FleetUnreachable
from pytest_cna.core.events.verdict import StageJudged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
)
from pytest_cna.core.links import SUPERVISOR
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.stages import ANNOUNCED, JOINED, RUNNING, SCHEDULED, SERVING
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import CALM
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.event import Event
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

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


def test_faults_of_its_parts_hit_it_too_and_those_of_load_balancers_are_known() -> None:
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, list)
    web, haproxy = (
        SET.main_units(SET.service(each))[0] for each in ("web server", "load balancer")
    )
    event = running.timeline.record(FaultInjected("core-1", MACHINE_LOSS.name, "core-1"), at=FIRST)
    followed = recoveries.follow(
        MACHINE_LOSS, "core-1", [web, haproxy, None], "core-1", event, CALM
    )
    assert [each.parts for each in followed] == [
        {web.name, web.container, "zurmo_apache_discovery@8001.service"},
        {haproxy.name, haproxy.container, "zurmo_haproxy_discovery@80.service"},
        frozenset(),
    ]
    assert {each.routers for each in followed} == {followed[1].parts}
    assert recoveries.last is followed[0]
    assert recoveries.all == followed


# what is judged, and until when


def test_there_has_to_be_a_fault() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    with pytest.raises(CnaError, match="no fault was injected yet"):
        _ = recoveries.last
    assert (recoveries.open, recoveries.over) == ([], float("-inf"))


def test_a_machine_without_main_units_has_nothing_to_follow() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    assert recoveries.bounds(MACHINE_LOSS, None, CALM) == {}
    assert list(recoveries.bounds(MACHINE_RETURN, None, CALM)) == [JOINED]


def test_what_is_open_is_not_over_yet(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    (killed,) = scene.recoveries.all
    assert scene.recoveries.open == [killed]
    assert scene.recoveries.over == killed.deadline
    world.clock.advance(killed.bound + 2.0)
    assert scene.recoveries.open == []


def test_a_recovery_that_reached_all_is_not_open(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    world.clock.advance(1.5)  # what happened then is surely on the timeline
    assert clock.monotonic() < scene.recoveries.over
    assert scene.recoveries.open == []


def test_customers_who_suffer_from_a_later_fault_say_nothing_of_this_one(
    scene: Scene, world: FakeWorld
) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "cache")
    killed = scene.recoveries.last
    scene.await_stage(SERVING)
    world.clock.advance(killed.deadline + 1.0 - clock.monotonic())
    scene.inject(CONTAINER_KILL, "load balancer")
    scene.await_stage(SERVING)
    # those that were in flight when it was killed, too
    later = scene.recoveries.last.since
    assert any(record.failed and record.start < later for record in scene.records())
    assert [v.outcome for v in scene.recoveries.judge(killed)] == ["passed"] * 4


def test_customers_who_suffer_from_an_overlapping_fault_are_its_customers_too(
    scene: Scene, world: FakeWorld
) -> None:
    """The load balancer is killed while customers still wait for the cache."""
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "cache")
    killed = scene.recoveries.last
    alone = scene.recoveries.deadline(killed)
    world.clock.advance(killed.bound / 2)
    scene.inject(CONTAINER_KILL, "load balancer")
    assert scene.recoveries.deadline(killed) > alone
    scene.await_stage(SERVING)
    assert scene.recoveries.expect(killed, SERVING).passed


def test_nobody_sees_what_nothing_observes(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(CnaError, match=r"nobody sees whether .* is serving: no customers are at"):
        scene.await_stage(SERVING)
    assert SERVING not in {
        verdict.stage for verdict in scene.recoveries.judge(scene.recoveries.last)
    }


def test_a_verdict_is_on_the_timeline_when_a_step_asks(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    verdict = scene.await_stage(RUNNING)
    (event,) = scene.running.timeline.events(StageJudged)
    recovery = scene.recoveries.last
    assert (event.unit, event.machine, event.fault) == (
        recovery.name,
        recovery.machine,
        "container kill",
    )
    assert (event.stage, event.outcome, event.final) == ("running", "passed", False)
    assert (event.after, event.allowed) == (verdict.after, verdict.allowed)
    assert event.sentence == verdict.sentence


def test_at_the_end_it_is_judged_for_good(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    killed = scene.recoveries.last
    scene.recoveries.end()
    before = scene.recoveries.judge(killed)
    assert len([e for e in scene.running.timeline.events(StageJudged) if e.final]) == 3
    scene.cluster.machine(killed.machine).check(f"docker kill {killed.subject}")
    world.clock.advance(0.2)
    assert scene.recoveries.judge(killed) is before


# when nobody could look


def test_a_machine_that_returns_while_fleet_is_silent_cannot_be_judged(scene: Scene) -> None:
    scene.inject(MACHINE_LOSS, "web server")
    scene.await_stage(SCHEDULED)
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    scene.undo_last()
    with pytest.raises(
        CnaError,
        match=r"not joined[\s\S]*nobody could see it: since .* fleet has answered on no machine",
    ):
        scene.await_stage(JOINED)


LATE = 1000.0
"""Seconds (monotonic) when the time of a machine that returned at FIRST is long over."""


def missing(*reports: tuple[float, Event]) -> Exception:
    """Why a machine that returned has not joined; what was recorded so many seconds after."""
    running = running_with(Timeline())
    provider = SimpleNamespace(machine=str, console=lambda machine: f"{machine} login:")
    running.cluster = SimpleNamespace(provider=provider)  # type: ignore[assignment]
    recoveries = Recoveries(running, CONSTANTS, list)
    begun = running.timeline.record(FaultHealing("core-1", "machine loss", "core-1"), at=FIRST)
    given = recoveries.circumstances()
    (back,) = recoveries.follow(MACHINE_RETURN, "core-1", [None], "core-1", begun, given)
    for after, event in reports:
        running.timeline.record(event, at=FIRST + after)
    (verdict,) = recoveries.judge(back, LATE)
    assert verdict.outcome == "failed"
    return recoveries.failure(back, verdict)


def test_a_machine_that_fleet_never_listed_has_failed_and_its_console_says_why() -> None:
    error = missing()
    assert isinstance(error, ProductFailed)
    assert str(error).endswith("last seen: joined not yet\nconsole of core-1:\ncore-1 login:")


def test_fleet_that_falls_silent_when_the_time_is_over_has_seen_it() -> None:
    error = missing((LATE - FIRST, FleetUnreachable(error="no route")))
    assert isinstance(error, ProductFailed)


def test_fleet_that_answers_again_has_seen_it() -> None:
    error = missing((1.0, FleetUnreachable(error="no route")), (2.0, FleetReachable()))
    assert isinstance(error, ProductFailed)


def test_fleet_that_was_silent_before_the_time_was_over_has_not() -> None:
    with pytest.raises(CnaError, match=r"on no machine since 1\.0 s, .* see it: no route"):
        missing((0.5, FleetReachable()), (1.0, FleetUnreachable(error="no route")))


def test_what_the_links_said_at_the_bound_explains_a_late_stage(
    scene: Scene, world: FakeWorld
) -> None:
    """Asked half a second later, every link holds."""
    world.delays.start = 2.2
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain) as failure:
        scene.await_stage(RUNNING)
    assert broken_link(failure.value.evidence) is SUPERVISOR
    assert "is broken at systemd: activating/start" in str(failure.value)
    assert scene.recoveries.said == {scene.recoveries.last}
