"""Routing is judged for each load balancer by itself."""

from __future__ import annotations

import pytest
from story import ADDRESSES, BALANCER, BOTH, FAULT, SECOND, Story, announced_again, recovery

from pytest_cna.core.events.discovery import EntryWithdrawn
from pytest_cna.core.events.routing import (
    ServerAdded,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, SERVICE_STOP
from pytest_cna.judgement.routing_state import RoutingState

KILL, STOP = recovery(CONTAINER_KILL), recovery(SERVICE_STOP)
SERVER = f"webserver_{ADDRESSES['core-1']}_8001"


def routed(story: Story) -> list[tuple[float, bool]]:
    found = RoutingState(story.history(KILL), {SERVER}).routed()
    return [(when - FAULT, holds) for when, holds in found]


def unrouted(story: Story) -> list[tuple[float, bool]]:
    found = RoutingState(story.history(STOP), {SERVER}).unrouted()
    return [(when - FAULT, holds) for when, holds in found]


# one


def test_the_state_at_the_fault_comes_first() -> None:
    assert routed(Story()) == [(0, True)]
    assert unrouted(Story()) == [(0, False)]


def test_a_load_balancer_that_says_nothing_is_not_known() -> None:
    assert routed(Story(())) == []
    assert unrouted(Story(())) == [(0, True)]


def test_other_servers_say_that_it_answers_and_nothing_more() -> None:
    story = Story(())
    story.server(-20, ServerAdded, "core-2")
    assert routed(story) == [(0, False)]


@pytest.mark.parametrize(
    ("status", "up"), [("UP", True), ("UP 1/2", True), ("DOWN", False), ("no check", False)]
)
def test_only_up_is_up(status: str, up: bool) -> None:
    story = Story()
    story.server(1, ServerStatusChanged, status=status)
    assert routed(story)[-1] == (1, up)
    assert unrouted(story)[-1] == (1, not up)


def test_what_is_recorded_with_the_fault_comes_after_it() -> None:
    story = Story()
    story.server(0, ServerRemoved)
    assert routed(story) == [(0, True), (0, False)]


# several


def test_every_one_has_to_route_to_it() -> None:
    story = announced_again()
    story.server(1.7, ServerAdded, balancer=BALANCER)
    assert story.after(KILL)["routed"] is None
    story.server(2.1, ServerAdded, balancer=SECOND)
    assert story.after(KILL)["routed"] == 2.1


def test_one_that_has_it_down_is_enough() -> None:
    story = announced_again()
    story.server(1.7, ServerAdded, balancer=BALANCER)
    story.server(1.7, ServerAdded, balancer=SECOND, status="DOWN")
    assert story.after(KILL)["routed"] is None


def test_none_may_route_to_what_is_gone() -> None:
    story = Story(BOTH)
    story.entry(1.0, EntryWithdrawn)
    story.server(1.2, ServerRemoved, balancer=BALANCER)
    assert story.after(STOP)["unrouted"] is None
    story.server(1.6, ServerRemoved, balancer=SECOND)
    assert story.after(STOP)["unrouted"] == 1.6
