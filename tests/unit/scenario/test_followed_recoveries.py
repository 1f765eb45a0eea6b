"""Recoveries by what was recorded and what customers got, on a timeline written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from followed import CONSTANTS, FIRST, LATE, SECOND, SET, followed, request, running_with

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.configuration import ConfigurationDropped
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
)
from pytest_cna.core.events.unit import UnitStateChanged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.stages import DROPPED, JOINED, NAMED, NOTICED, RUNNING, SERVING, STAGES
from pytest_cna.core.timeline import Timeline
from pytest_cna.judgement.bounds import CALM
from pytest_cna.scenario.awaiting import await_stage
from pytest_cna.scenario.recoveries import OBSERVED, Recoveries

if TYPE_CHECKING:
    pass


def test_only_good_answers_before_the_first_fault_tell_how_long_one_takes() -> None:
    records = [
        request(90.0, 0.25),
        request(95.0, 1.5),
        request(96.0, 9.0, error="Timeout"),
        request(100.0, 4.0),  # not before the fault
        request(101.0, 5.0),  # in flight at the fault
        request(150.0, 7.0),
    ]
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, lambda: records)
    web = SET.main_units(SET.service("web server"))[0]
    for at in (FIRST, SECOND, LATE):
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
    assert {each.balancers for each in followed} == {(haproxy,)}
    assert recoveries.last is followed[0]
    assert recoveries.all == followed


def test_without_customers_and_before_it_is_done_a_fault_takes_no_time() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    assert recoveries.circumstances() == CALM
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    assert killed.bounds[NOTICED].seconds == 0.0


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


def test_the_configuration_is_looked_at_when_a_recovery_has_a_stage_of_it() -> None:
    looks: list[object] = []
    recoveries = Recoveries(running_with(Timeline(), looks), CONSTANTS, list)
    followed(recoveries, CONTAINER_KILL, "web server", FIRST)
    recoveries.look()
    assert looks == []
    stopped = followed(recoveries, SERVICE_STOP, "cache", SECOND)
    assert looks == [stopped.deadline + OBSERVED]
    recoveries.look()
    assert looks[1:] == ["look"]


def test_what_nobody_can_see_is_not_judged() -> None:
    nobody = Recoveries(running_with(Timeline()), CONSTANTS, list)
    assert [stage for stage in STAGES.values() if not nobody.is_seen(stage)] == [
        SERVING,
        DROPPED,
        NAMED,
    ]
    all_seen = Recoveries(running_with(Timeline(), ["a look"]), CONSTANTS, lambda: [request(1, 1)])
    assert all(all_seen.is_seen(stage) for stage in STAGES.values())


def test_what_may_have_happened_in_time_is_open_until_it_is_surely_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, lambda: [request(1, 1)])
    killed = followed(recoveries, CONTAINER_KILL, "web server", FIRST)
    for after, is_open in ((-0.5, True), (0.5, True), (1.5, False)):
        now = killed.deadline + after
        monkeypatch.setattr(clock, "monotonic", lambda now=now: now)
        assert recoveries.open == ([killed] if is_open else [])


def test_nothing_is_open_when_the_scenario_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: FIRST + 0.5)
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    assert recoveries.open == [killed]
    recoveries.end()
    assert recoveries.open == []


def test_all_is_over_when_the_last_is() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    stopped = followed(recoveries, SERVICE_STOP, "web server", LATE)
    assert killed.deadline < LATE < stopped.deadline == recoveries.over


@pytest.mark.parametrize("later", [FaultInjecting, FaultHealing])
def test_what_customers_got_after_a_later_fault_is_not_of_this_one(
    later: type[FaultEvent],
) -> None:
    running = running_with(Timeline())
    records: list[RequestRecord] = []
    recoveries = Recoveries(running, CONSTANTS, lambda: records)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    # one while it was under way belongs to it
    running.timeline.record(later("core-2", "machine loss", "core-2"), at=killed.deadline)
    at = killed.deadline + 3
    records += [request(end, 1.0) for end in (at - 3, at - 0.1, at, at + 0.5)]
    assert recoveries.times(killed).history.requests == records
    running.timeline.record(later("core-2", "machine loss", "core-2"), at=at)
    assert recoveries.times(killed).history.requests == records[:2]


def test_a_recovery_without_stages_has_none_to_wait_for() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    mine = FaultKind("flood", "container", (), "{}")
    with pytest.raises(CnaError, match="has no stage 'running' after a flood; it has none"):
        await_stage(recoveries, followed(recoveries, mine, "cache", FIRST), RUNNING)
    assert recoveries.all[0].bound == 0.0


def test_it_is_judged_by_what_was_known_then_or_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: LATE)
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    assert recoveries.judge(killed, FIRST + 0.5)[1].outcome == "unknown"
    assert recoveries.judge(killed)[1].outcome == "failed"


def test_the_configuration_is_looked_at_while_a_stage_of_it_is_awaited() -> None:
    looks: list[object] = ["one"]
    running = running_with(Timeline(), looks)
    recoveries = Recoveries(running, CONSTANTS, list)
    stopped = followed(recoveries, SERVICE_STOP, "cache", FIRST)
    for event in (
        UnitStateChanged(stopped.name, "core-1", "loaded", "inactive", "dead"),
        ConfigurationDropped(stopped.name, "10.0.0.1:11211"),
    ):
        running.timeline.record(event, at=FIRST + 1)
    del looks[:]
    assert await_stage(recoveries, stopped, NOTICED).passed
    assert looks == []
    assert await_stage(recoveries, stopped, DROPPED).passed
    assert looks == ["look"]
