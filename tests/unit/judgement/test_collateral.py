"""What no fault hit has to stay announced and routed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from story import ADDRESSES, BALANCER, FAULT, OTHER_WEB, SET, WEB, Story, main_unit

from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.fault import FaultHealing, FaultInjecting
from pytest_cna.core.events.routing import (
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerAdded,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.judgement.collateral import UNHARMED, unharmed

if TYPE_CHECKING:
    from pytest_cna.judgement.verdicts import Verdict

CACHE, HAPROXY = main_unit("cache"), main_unit("load balancer")


def whole(*, hit: bool = True) -> Story:
    """Two web servers and a load balancer, and a cache; ``hit``: the first web server is."""
    story = Story()
    for unit, machine in ((OTHER_WEB, "core-2"), (HAPROXY, "core-3"), (CACHE, "core-2")):
        story.container(-51, ContainerStarted, machine, unit)
        story.entry(-50, EntryAnnounced, machine, unit=unit)
    story.server(-50, ServerAdded, "core-2", unit=OTHER_WEB)
    if hit:
        story.at(0, FaultInjecting(WEB.container, "container kill", "core-1"))
    return story


def judged(story: Story, until: float = 60) -> Verdict | None:
    return unharmed(SET, story.timeline, 0.0, FAULT - 10, FAULT + until)


def evidence(story: Story) -> tuple[str, ...]:
    found = judged(story)
    assert found is not None
    assert found.name == UNHARMED
    assert found.passed is not bool(found.evidence)
    return found.evidence


def test_without_a_fault_there_is_nothing_to_judge() -> None:
    assert judged(whole(hit=False)) is None


def test_what_was_hit_may_go() -> None:
    story = whole()
    story.entry(1, EntryWithdrawn)
    story.server(1.2, ServerRemoved)
    assert evidence(story) == ()


def test_another_instance_that_is_withdrawn() -> None:
    story = whole()
    story.entry(2, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ("+2.00 s: webserver 10.0.0.2:8002 was withdrawn",)


def test_one_that_is_back_at_once_was_withdrawn_all_the_same() -> None:
    story = whole()
    story.entry(2, EntryWithdrawn, "core-2", unit=CACHE)
    story.entry(2.5, EntryAnnounced, "core-2", unit=CACHE)
    assert evidence(story) == ("+2.00 s: cache 10.0.0.2:11211 was withdrawn",)


def test_another_instance_that_is_unrouted() -> None:
    story = whole()
    story.server(2, ServerStatusChanged, "core-2", unit=OTHER_WEB, status="DOWN")
    assert evidence(story) == (
        "+2.00 s: the load balancer at 10.0.0.3 has webserver_10.0.0.2_8002 DOWN",
    )
    story = whole()
    story.server(3, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story)[0].endswith("has webserver_10.0.0.2_8002 removed")


def test_a_server_that_stays_up_or_stays_down_is_named_once_at_most() -> None:
    story = whole()
    story.server(2, ServerStatusChanged, "core-2", unit=OTHER_WEB, status="UP 1/2")
    assert evidence(story) == ()
    story.server(3, ServerStatusChanged, "core-2", unit=OTHER_WEB, status="DOWN")
    story.server(4, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert len(evidence(story)) == 1


@pytest.mark.parametrize("at", [0, 1])
def test_a_server_of_an_entry_that_came_after_the_fault_was_not_there(at: float) -> None:
    story = whole()
    story.entry(at, EntryAnnounced, "core-3", unit=OTHER_WEB)
    story.server(1.5, ServerAdded, "core-3", unit=OTHER_WEB)
    story.server(3, ServerRemoved, "core-3", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_all_damage_is_named_in_the_order_in_which_it_happened() -> None:
    story = whole()
    story.server(2, ServerRemoved, "core-2", unit=OTHER_WEB)
    story.entry(3, EntryWithdrawn, "core-2", unit=CACHE)
    assert [line.partition(" s:")[0] for line in evidence(story)] == ["+2.00", "+3.00"]


def test_what_happened_before_the_fault_or_after_the_end_does_not_count() -> None:
    story = whole()
    story.entry(-5, EntryWithdrawn, "core-2", unit=CACHE)
    story.server(-5, ServerRemoved, "core-2", unit=OTHER_WEB)
    story.entry(61, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_what_happened_with_the_end_or_with_the_fault_counts() -> None:
    story = whole()
    story.entry(0, EntryWithdrawn, "core-2", unit=CACHE)
    story.entry(60, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    story.server(60, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert [line.partition(" s:")[0] for line in evidence(story)] == ["+0.00", "+60.00", "+60.00"]
    story = whole()
    story.server(0, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert [line.partition(" s:")[0] for line in evidence(story)] == ["+0.00"]


def test_what_came_after_the_fault_was_not_there_before() -> None:
    story = whole()
    story.entry(-5, EntryWithdrawn, "core-2", unit=CACHE)
    story.entry(1, EntryAnnounced, "core-2", unit=CACHE)
    story.entry(2, EntryWithdrawn, "core-2", unit=CACHE)
    story.entry(1, EntryAnnounced, "core-2", unit=OTHER_WEB, uuid="more")
    story.entry(2, EntryWithdrawn, "core-2", unit=OTHER_WEB, uuid="more")
    assert evidence(story) == ()


def test_times_count_from_the_first_fault() -> None:
    story = whole()
    story.entry(5, EntryWithdrawn, "core-2", unit=CACHE)
    story.at(10, FaultInjecting(WEB.container, "container kill", "core-1"))
    assert evidence(story) == ("+5.00 s: cache 10.0.0.2:11211 was withdrawn",)


def test_what_is_undone_is_hit_too() -> None:
    story = whole()
    story.at(1, FaultHealing(OTHER_WEB.name, "service stop", "core-2"))
    story.entry(2, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_what_is_on_a_lost_machine_is_hit() -> None:
    story = whole()
    story.at(1, FaultInjecting("core-2", "machine loss", "core-2"))
    story.entry(2, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    story.entry(2, EntryWithdrawn, "core-2", unit=CACHE)
    story.server(3, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_an_entry_of_a_lost_machine_is_hit_whatever_runs_there() -> None:
    """Its container was never seen on that machine."""
    story = whole()
    story.entry(-50, EntryAnnounced, "core-1", unit=CACHE)
    story.at(1, FaultInjecting("core-1", "machine loss", "core-1"))
    story.entry(2, EntryWithdrawn, "core-1", unit=CACHE)
    assert evidence(story) == ()


def test_an_entry_of_something_else_is_not_judged() -> None:
    """Somebody else's, on a cluster that runs more than this deployment."""
    story = whole()
    where = ("/services/other/1", "other", "core-2", ADDRESSES["core-2"], 8002)
    story.at(-50, EntryAnnounced(*where))
    story.at(2, EntryWithdrawn(*where))
    assert evidence(story) == ()


# a load balancer that is hit, hangs or leaves


def test_a_load_balancer_that_was_hit_may_lose_its_servers() -> None:
    story = whole()
    story.at(1, FaultInjecting(HAPROXY.container, "container kill", "core-3"))
    story.server(2, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_what_else_is_on_the_machine_of_a_load_balancer_does_not_speak_for_it() -> None:
    story = whole()
    story.entry(-50, EntryAnnounced, "core-3", unit=main_unit("cache", 1))
    story.at(1, FaultInjecting(HAPROXY.container, "container kill", "core-3"))
    story.server(2, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_a_load_balancer_that_left_has_no_servers() -> None:
    story = whole()
    story.at(2, BalancerGone(BALANCER))
    story.at(3, RoutingReachable(BALANCER))
    story.server(3, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story) == ()


def test_what_a_load_balancer_dropped_while_it_did_not_answer_is_named_when_it_does() -> None:
    story = whole()
    story.at(2, RoutingUnreachable(BALANCER))
    assert evidence(story) == ()
    story.at(3, RoutingReachable(BALANCER))
    assert evidence(story) == ()
    story.server(3, ServerRemoved, "core-2", unit=OTHER_WEB)
    assert evidence(story) == (
        "+3.00 s: the load balancer at 10.0.0.3 has webserver_10.0.0.2_8002 removed",
    )


def test_a_load_balancer_by_itself() -> None:
    """Another one, which is announced too, has the server down."""
    story = whole()
    second = ADDRESSES["core-1"]
    story.entry(-50, EntryAnnounced, "core-1", unit=HAPROXY)
    story.server(-49, ServerAdded, "core-2", unit=OTHER_WEB, balancer=second)
    story.server(2, ServerStatusChanged, "core-2", unit=OTHER_WEB, status="DOWN", balancer=second)
    assert evidence(story) == (
        "+2.00 s: the load balancer at 10.0.0.1 has webserver_10.0.0.2_8002 DOWN",
    )
