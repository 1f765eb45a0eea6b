"""Until when another fault of the scenario excuses a stage."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from story import FAULT, SET, Story, recovery

from pytest_cna.core.events.fault import FaultHealing, FaultInjecting, FaultUndoneByGuard
from pytest_cna.core.events.routing import RoutingReachable
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import ANNOUNCED, NOTICED, ROUTED, RUNNING, SERVING, UNROUTED, Stage
from pytest_cna.judgement.bounds import Bound
from pytest_cna.judgement.excuses import customers_suffer_until, excused_until, unrouted_until
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.terms import Term

BALANCER = SET.main_units(SET.service("load balancer"))[0]
SECOND = replace(BALANCER, name="zurmo_haproxy@81.service", instance="81")


def fault(kind: FaultKind, called: str, at: float, takes: float) -> Recovery:
    """At so many seconds, whose recovery may take so many, half of them for each stage."""
    term = Term("half", takes / 2, "")
    running = Bound(RUNNING, None, (term,), (term,))
    return recovery(
        kind, called, {RUNNING: running, ROUTED: Bound(ROUTED, RUNNING, (term, term), (term,))}, at
    )


WEB = fault(CONTAINER_KILL, "web server", 0, 10)


# customers


@pytest.mark.parametrize(
    ("others", "until"),
    [
        ([], 10),
        # began while it was under way
        ([(5, 20)], 25),
        ([(10, 20)], 30),
        # was under way when it began
        ([(-5, 30)], 25),
        # over before it, or after it
        ([(-20, 15)], 10),
        ([(11, 20)], 10),
        # of one that began while another of them was under way
        ([(5, 20), (24, 20)], 44),
        ([(24, 20), (5, 20)], 44),
    ],
)
def test_customers_may_suffer_from_faults_that_overlap(
    others: list[tuple[float, float]], until: float
) -> None:
    every = [WEB, *(fault(CONTAINER_KILL, "database", at, takes) for at, takes in others)]
    assert customers_suffer_until(WEB, every) - FAULT == pytest.approx(until)


# no load balancer that could route

PAUSE = fault(CONTAINER_PAUSE, "load balancer", 2, 6)


def undone(at: float) -> Story:
    story = Story()
    story.at(at, FaultHealing(BALANCER.container, CONTAINER_PAUSE.name, "core-1"))
    return story


def test_while_the_only_load_balancer_is_kept_away_nothing_is_routed() -> None:
    assert unrouted_until(WEB, [WEB, PAUSE], Story().timeline, [BALANCER.name]) == math.inf


def test_when_it_is_back_its_own_recovery_is_given_its_time() -> None:
    resume = fault(CONTAINER_RESUME, "load balancer", 30, 8)
    found = unrouted_until(WEB, [WEB, PAUSE, resume], undone(30).timeline, [BALANCER.name])
    assert found - FAULT == pytest.approx(38)


def test_it_has_to_route_in_the_time_that_routing_takes_once_it_answers() -> None:
    resume = fault(CONTAINER_RESUME, "load balancer", 30, 8)
    story = undone(30)
    story.at(3, RoutingReachable("10.0.0.3"))  # before it was let go on
    names = [BALANCER.name]
    found = excused_until(WEB, ROUTED, [WEB, PAUSE, resume], story.timeline, names)
    assert found - FAULT == pytest.approx(38)
    story.at(31, RoutingReachable("10.0.0.3"))
    story.at(32, RoutingReachable("10.0.0.3"))
    found = excused_until(WEB, ROUTED, [WEB, PAUSE, resume], story.timeline, names)
    assert found - FAULT == pytest.approx(31 + 5)


def test_one_that_comes_back_as_the_fault_begins_is_given_its_time_too() -> None:
    early, resume = (
        fault(CONTAINER_PAUSE, "load balancer", -30, 6),
        fault(CONTAINER_RESUME, "load balancer", 0, 20),
    )
    found = unrouted_until(WEB, [early, WEB, resume], undone(0).timeline, [BALANCER.name])
    assert found - FAULT == pytest.approx(20)


def test_one_that_goes_with_the_last_of_the_time_is_an_excuse() -> None:
    late = fault(CONTAINER_PAUSE, "load balancer", 10, 6)
    assert unrouted_until(WEB, [WEB, late], Story().timeline, [BALANCER.name]) == math.inf


def test_one_that_is_kept_away_twice_routes_when_it_is_back_for_good() -> None:
    again = fault(CONTAINER_PAUSE, "load balancer", 6, 6)
    story = undone(4)
    story.at(6, FaultInjecting(BALANCER.container, CONTAINER_PAUSE.name, "core-1"))
    story.at(12, FaultHealing(BALANCER.container, CONTAINER_PAUSE.name, "core-1"))
    found = unrouted_until(WEB, [WEB, PAUSE, again], story.timeline, [BALANCER.name])
    assert found - FAULT == pytest.approx(12)


def test_when_its_machine_let_it_go_on_no_bound_says_when_it_routes() -> None:
    story = Story()
    story.at(5, FaultUndoneByGuard(BALANCER.container, CONTAINER_PAUSE.name, "core-1"))
    assert unrouted_until(WEB, [WEB, PAUSE], story.timeline, [BALANCER.name]) == math.inf


def test_one_that_was_back_before_or_went_later_excuses_nothing() -> None:
    early = fault(CONTAINER_PAUSE, "load balancer", -30, 6)
    names = [BALANCER.name]
    assert unrouted_until(WEB, [WEB, early], undone(-1).timeline, names) == -math.inf
    late = fault(CONTAINER_PAUSE, "load balancer", 11, 6)
    assert unrouted_until(WEB, [WEB, late], Story().timeline, names) == -math.inf


def test_one_that_recovers_by_itself_is_not_kept_away() -> None:
    killed = fault(CONTAINER_KILL, "load balancer", 2, 6)
    assert unrouted_until(WEB, [WEB, killed], Story().timeline, [BALANCER.name]) == -math.inf


def test_another_load_balancer_has_to_route_meanwhile() -> None:
    names = [BALANCER.name, SECOND.name]
    assert unrouted_until(WEB, [WEB, PAUSE], Story().timeline, names) == -math.inf


def test_of_two_that_are_kept_away_the_first_that_is_back_has_to_route() -> None:
    names = {SECOND.name, SECOND.container}
    second = replace(PAUSE, unit=SECOND, parts=frozenset(names))
    every = [WEB, PAUSE, second]
    found = unrouted_until(WEB, every, undone(5).timeline, [BALANCER.name, SECOND.name])
    assert found - FAULT == pytest.approx(5)


def test_a_deployment_without_a_load_balancer_has_no_excuse() -> None:
    assert unrouted_until(WEB, [WEB], Story().timeline, []) == -math.inf


# which stages


@pytest.mark.parametrize(
    ("stage", "excused"),
    [(NOTICED, False), (RUNNING, False), (ANNOUNCED, False), (ROUTED, True), (UNROUTED, False)],
)
def test_only_what_another_fault_can_prevent_is_excused(stage: Stage, excused: bool) -> None:
    every = [WEB, PAUSE]
    found = excused_until(WEB, stage, every, Story().timeline, [BALANCER.name])
    assert (found == math.inf) is excused
    assert excused or found == -math.inf


def test_customers_are_excused_whatever_was_hit() -> None:
    stopped = fault(SERVICE_STOP, "cache", 9, 50)
    found = excused_until(WEB, SERVING, [WEB, stopped], Story().timeline, [])
    assert found - FAULT == pytest.approx(59)
