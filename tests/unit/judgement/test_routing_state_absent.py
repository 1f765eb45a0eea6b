"""Load balancers that leave, come later, hang, or are hit themselves say nothing of an instance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import (
    ADDRESSES,
    BALANCER,
    BOTH,
    FAULT,
    SECOND,
    Story,
    announced_again,
    main_unit,
    recovery,
)

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.fault import FaultEvent, FaultHealing, FaultInjecting
from pytest_cna.core.events.routing import (
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerAdded,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, SERVICE_STOP
from pytest_cna.judgement.routing_state import RoutingState

KILL, STOP = recovery(CONTAINER_KILL), recovery(SERVICE_STOP)
HAPROXY = main_unit("load balancer")
WHILE = replace(KILL, routers=frozenset({HAPROXY.name, HAPROXY.container}))
SERVER = f"webserver_{ADDRESSES['core-1']}_8001"


def routed(story: Story) -> list[tuple[float, bool]]:
    found = RoutingState(story.history(KILL), {SERVER}).routed()
    return [(when - FAULT, holds) for when, holds in found]


# one that leaves


def test_one_that_leaves_unroutes_nothing_of_the_other() -> None:
    story = announced_again()
    story.server(1.7, ServerAdded, balancer=BALANCER)
    story.server(1.8, ServerAdded, balancer=SECOND)
    story.at(3, BalancerGone(SECOND))
    assert story.after(KILL)["routed"] == 1.8


def test_one_that_leaves_is_not_waited_for() -> None:
    story = announced_again()
    story.server(1.7, ServerAdded, balancer=BALANCER)
    story.at(2.5, BalancerGone(SECOND))
    assert story.after(KILL)["routed"] == 2.5


def test_one_that_leaves_routes_to_nothing() -> None:
    story = Story(BOTH)
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    story.at(2.0, BalancerGone(SECOND))
    assert story.after(STOP)["unrouted"] == 2.0


def test_one_that_left_and_comes_again_has_no_rows_from_before() -> None:
    story = Story(BOTH)
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    story.at(2.0, BalancerGone(SECOND))
    story.at(4.0, RoutingReachable(SECOND))
    assert story.after(STOP)["unrouted"] == 2.0
    story.server(4.5, ServerAdded, balancer=SECOND)
    assert story.after(STOP)["unrouted"] is None


def test_one_that_left_and_comes_again_is_waited_for_once_it_has_routed_to_it() -> None:
    story = announced_again()
    for balancer in BOTH:
        story.server(1.7, ServerAdded, balancer=balancer)
    story.at(3, BalancerGone(SECOND))
    story.at(4, RoutingReachable(SECOND))
    assert story.after(KILL)["routed"] == 1.7


def test_a_fault_of_one_that_does_not_answer_excuses_it_when_it_does() -> None:
    story = announced_again()
    story.entry(-50, EntryAnnounced, "core-2", unit=HAPROXY)
    for balancer in BOTH:
        story.server(1.7, ServerAdded, balancer=balancer)
    story.at(2, RoutingUnreachable(SECOND))
    story.at(3, FaultInjecting(HAPROXY.container, "container kill", "core-2"))
    story.at(4, RoutingReachable(SECOND))
    story.server(4, ServerRemoved, balancer=SECOND)
    assert story.after(WHILE)["routed"] == 1.7


def test_one_that_was_announced_at_the_fault_is_waited_for_once_it_answers() -> None:
    """Its statistics may be read for the first time only later."""
    story = Story((BALANCER,))
    story.entry(-1, EntryAnnounced, "core-2", unit=HAPROXY)
    story.at(0.5, RoutingReachable(SECOND))
    kill = replace(KILL, balancers=(HAPROXY,))
    found = RoutingState(story.history(kill), {SERVER}).routed()
    assert [(when - FAULT, holds) for when, holds in found] == [(0, True), (0.5, False)]


@pytest.mark.parametrize("announced", [0, 0.2])
def test_one_that_is_announced_later_is_not_waited_for(announced: float) -> None:
    story = Story((BALANCER,))
    story.entry(announced, EntryAnnounced, "core-2", unit=HAPROXY)
    story.at(0.5, RoutingReachable(SECOND))
    kill = replace(KILL, balancers=(HAPROXY,))
    found = RoutingState(story.history(kill), {SERVER}).routed()
    assert [holds for _, holds in found] == [True, True]


def test_one_whose_entry_was_gone_at_the_fault_is_not_waited_for() -> None:
    story = Story((BALANCER,))
    story.entry(-2, EntryAnnounced, "core-2", unit=HAPROXY)
    story.entry(-1, EntryWithdrawn, "core-2", unit=HAPROXY)
    story.entry(-1, EntryAnnounced, "core-2")  # of another service
    story.at(0.5, RoutingReachable(SECOND))
    kill = replace(KILL, balancers=(HAPROXY,))
    found = RoutingState(story.history(kill), {SERVER}).routed()
    assert [(when - FAULT, holds) for when, holds in found] == [(0, True), (0.5, True)]


def test_one_that_left_before_the_fault_is_not_waited_for() -> None:
    story = Story(BOTH)
    story.at(-5, BalancerGone(SECOND))
    assert routed(story) == [(0, True)]


# one that a fault of its own hits


@pytest.mark.parametrize(
    "own",
    [
        FaultInjecting("core-2", "machine loss", "core-2"),
        FaultInjecting(HAPROXY.container, "container kill", "core-2"),
        FaultHealing(HAPROXY.name, "service stop", "core-2"),
    ],
    ids=lambda own: own.fault,
)
def test_what_it_routes_to_is_no_matter_until_it_routes_again(own: FaultEvent) -> None:
    story = announced_again()
    story.entry(-50, EntryAnnounced, "core-2", unit=HAPROXY)
    for balancer in BOTH:
        story.server(1.7, ServerAdded, balancer=balancer)
    story.at(3, own)
    story.server(3.5, ServerRemoved, balancer=SECOND)
    assert story.after(WHILE)["routed"] == 1.7
    story.server(5.0, ServerAdded, balancer=SECOND)
    assert story.after(WHILE)["routed"] == 1.7
    story.server(6.0, ServerRemoved, balancer=SECOND)
    assert story.after(WHILE)["routed"] is None


@pytest.mark.parametrize(
    "other",
    [
        FaultInjecting(main_unit("cache").container, "container kill", "core-2"),
        FaultInjecting(HAPROXY.container, "container kill", "core-1"),
    ],
    ids=lambda other: f"{other.target} on {other.machine}",
)
def test_a_fault_of_something_else_is_no_excuse(other: FaultEvent) -> None:
    story = announced_again()
    story.entry(-50, EntryAnnounced, "core-2", unit=HAPROXY)
    for balancer in BOTH:
        story.server(1.7, ServerAdded, balancer=balancer)
    story.at(3, other)
    story.server(3.5, ServerRemoved, balancer=SECOND)
    assert story.after(WHILE)["routed"] is None


def test_a_fault_before_this_one_is_no_excuse() -> None:
    story = announced_again()
    story.entry(-50, EntryAnnounced, "core-2", unit=HAPROXY)
    story.at(-3, FaultInjecting(HAPROXY.container, "container kill", "core-2"))
    story.server(1.7, ServerAdded, balancer=BALANCER)
    assert story.after(WHILE)["routed"] is None


# one that hangs


def test_the_last_rows_of_one_that_hangs_count_no_more() -> None:
    story = Story(BOTH)
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    story.at(1.5, RoutingUnreachable(SECOND))
    assert story.after(STOP)["unrouted"] == 1.5


def test_one_that_hangs_is_not_waited_for_while_another_answers() -> None:
    story = announced_again()
    story.server(1.7, ServerAdded, balancer=BALANCER)
    story.at(2.0, RoutingUnreachable(SECOND))
    assert story.after(KILL)["routed"] == 2.0


def test_while_none_answers_nothing_new_is_known() -> None:
    story = announced_again((BALANCER,))
    story.server(1.7, ServerAdded)
    story.at(3, RoutingUnreachable(BALANCER))
    assert story.after(KILL)["routed"] == 1.7


def test_one_that_answers_again_has_to_route_to_it() -> None:
    """What it removed meanwhile is missing, also where it is the only one."""
    story = Story((BALANCER,))
    story.container(0.1, ContainerDied)
    story.at(0.2, RoutingUnreachable(BALANCER))
    story.container(1.0, ContainerStarted)
    story.at(1.5, RoutingReachable(BALANCER))
    story.server(1.5, ServerRemoved)
    assert story.after(KILL)["routed"] is None
    story.server(2.0, ServerAdded)
    assert story.after(KILL)["routed"] == 2.0


def test_one_that_answers_again_still_has_what_it_had() -> None:
    story = Story(BOTH)
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    story.at(1.5, RoutingUnreachable(SECOND))
    story.at(3.0, RoutingReachable(SECOND))
    assert story.after(STOP)["unrouted"] is None


# one that comes later


def test_one_that_comes_later_is_waited_for_once_it_has_routed_to_it() -> None:
    story = announced_again((BALANCER,))
    story.server(1.7, ServerAdded, balancer=BALANCER)
    story.at(2.0, RoutingReachable(SECOND))
    assert story.after(KILL)["routed"] == 1.7
    story.server(2.5, ServerAdded, balancer=SECOND)
    assert story.after(KILL)["routed"] == 1.7
    story.server(4.0, ServerStatusChanged, balancer=SECOND, status="DOWN")
    assert story.after(KILL)["routed"] is None


def test_one_that_comes_later_may_not_route_to_what_is_gone() -> None:
    story = Story((BALANCER,))
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    story.server(3.0, ServerAdded, balancer=SECOND)
    assert story.after(STOP)["unrouted"] is None
