"""Requests that failed, and who could have answered them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import BALANCER, FAULT, OTHER_WEB, SET, WEB, Story, main_unit, request

from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerStarted,
)
from pytest_cna.core.events.machine import MachineLost, MachineStarted
from pytest_cna.core.events.routing import (
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerAdded,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.judgement.failed_requests import NO_FAILURE, no_request_failed, who_could_answer

ADDRESS = "the load balancer at 10.0.0.3"


def who(story: Story, at: float) -> dict[str, str]:
    """Unit → what is said of it."""
    lines = who_could_answer(SET, story.timeline, FAULT + at)
    return {unit: said for unit, _, said in (line.partition(" ") for line in lines)}


def both() -> Story:
    """The two web servers, both routed."""
    story = Story()
    story.container(-51, ContainerStarted, "core-2", OTHER_WEB)
    story.server(-50, ServerAdded, "core-2", unit=OTHER_WEB)
    return story


# whether any failed


def test_without_requests_nothing_is_known() -> None:
    verdict = no_request_failed([], SET, Story().timeline)
    assert (verdict.outcome, verdict.name) == ("unknown", NO_FAILURE)


def test_none_that_failed() -> None:
    verdict = no_request_failed([request(1), request(2)], SET, Story().timeline)
    assert (verdict.outcome, verdict.name) == ("passed", NO_FAILURE)
    assert verdict.sentence == "none of 2 requests failed"


def test_the_first_that_failed_are_shown_in_time_order() -> None:
    lost = [request(at, error="HTTP 503", took=0.5) for at in (7.0, 3.0, 4.0, 5.0, 6.0, 8.0, 2.0)]
    verdict = no_request_failed([request(-1), *lost], SET, both().timeline, FAULT)
    assert verdict.outcome == "failed"
    assert verdict.sentence == "7 of 8 requests failed (times since the fault):"
    assert verdict.evidence[0] == "+2.00 s GET list of customer 0: HTTP 503 after 0.50 s"
    assert [line.partition(" s")[0] for line in verdict.evidence[:5]] == [
        "+2.00",
        "+3.00",
        "+4.00",
        "+5.00",
        "+6.00",
    ]
    assert verdict.evidence[5] == "and 2 more"


def test_without_a_fault_times_count_from_the_first_request() -> None:
    records = [request(1), request(3, "zurmo_apache@8001 core-1", error="HTTP 500")]
    verdict = no_request_failed(records, SET, both().timeline)
    assert verdict.sentence.endswith("(times since the first request):")
    assert verdict.evidence[0] == (
        "+2.00 s GET list of customer 0: HTTP 500 after 0.10 s zurmo_apache@8001 core-1"
    )


def test_who_could_have_answered_the_first_is_said() -> None:
    story = both()
    story.container(1.5, ContainerDied)
    records = [request(5, error="HTTP 503"), request(2, error="HTTP 503")]
    verdict = no_request_failed(records, SET, story.timeline, FAULT)
    assert verdict.evidence[2] == (
        f"{WEB.name} had ended on core-1, 0.60 s before; {ADDRESS} had it UP"
    )
    assert verdict.evidence[3] == f"{OTHER_WEB.name} ran on core-2; {ADDRESS} had it UP"
    assert len(verdict.evidence) == 4


# where they were


def test_only_what_is_routed_could_have_answered() -> None:
    assert set(who(both(), 0)) == {WEB.name, OTHER_WEB.name}


def test_where_an_instance_was() -> None:
    story = Story()
    assert who(story, 1)[WEB.name].startswith("ran on core-1;")
    assert who(story, 1)[OTHER_WEB.name].startswith("was not seen to start;")
    story.container(2, ContainerDied)
    assert who(story, 1.9)[WEB.name].startswith("ran on core-1;")
    assert who(story, 2.5)[WEB.name].startswith("had ended on core-1, 0.50 s before;")
    story.container(3, ContainerStarted, "core-2")
    assert who(story, 3)[WEB.name].startswith("ran on core-2;")
    # being made is not running, being removed is an end
    story.container(4, ContainerCreated, "core-2")
    assert who(story, 4)[WEB.name].startswith("ran on core-2;")
    story.container(5, ContainerDestroyed, "core-2")
    assert who(story, 5)[WEB.name].startswith("had ended on core-2, 0.00 s before;")


def test_what_a_machine_cleans_up_when_it_returns_is_not_where_an_instance_was() -> None:
    story = Story()
    story.container(-9, ContainerStarted, "core-1")
    story.container(1, ContainerStarted, "core-2")
    story.container(2, ContainerDestroyed, "core-1")
    assert who(story, 3)[WEB.name].startswith("ran on core-2;")
    story.container(4, ContainerStarted, "core-3")
    assert who(story, 5)[WEB.name].startswith("ran on core-2 and core-3;")


def test_what_was_on_a_machine_without_power_did_not_run() -> None:
    story = Story()
    story.at(1, MachineLost("core-1"))
    assert who(story, 2)[WEB.name].startswith("was on core-1, which had no power;")
    assert who(story, 1)[WEB.name].startswith("was on core-1, which had no power;")
    story.at(5, MachineStarted("core-1"))
    assert who(story, 2)[WEB.name].startswith("was on core-1, which had no power;")
    assert who(story, 6)[WEB.name].startswith("ran on core-1;")
    story.at(7, MachineLost("core-1"))
    assert who(story, 8)[WEB.name].startswith("was on core-1, which had no power;")


# what HAProxy thought


def test_what_a_load_balancer_thought() -> None:
    story = Story()
    story.server(1, ServerStatusChanged, status="DOWN")
    story.server(2, ServerRemoved)
    for at, said in ((0.5, "had it UP"), (1.5, "had it DOWN"), (2.5, "had it no longer")):
        assert who(story, at)[WEB.name].endswith(f"; {ADDRESS} {said}")
    assert who(story, 2.5)[OTHER_WEB.name].endswith("; no load balancer had it")


def test_a_load_balancer_that_did_not_answer() -> None:
    story = Story()
    story.at(1, RoutingUnreachable(BALANCER))
    assert who(story, 1.5)[WEB.name].endswith(f"; {ADDRESS} did not answer")
    story.at(2, RoutingReachable(BALANCER))
    story.server(2, ServerStatusChanged, status="DOWN")
    assert who(story, 2.5)[WEB.name].endswith(f"; {ADDRESS} had it DOWN")


def test_a_load_balancer_that_answers_again_still_has_what_it_had() -> None:
    """Its observer records changes only."""
    story = Story()
    story.at(1, RoutingUnreachable(BALANCER))
    story.at(2, RoutingReachable(BALANCER))
    assert who(story, 3)[WEB.name].endswith(f"; {ADDRESS} had it UP")


def test_a_load_balancer_that_left_thinks_nothing() -> None:
    story = Story()
    story.at(1, BalancerGone(BALANCER))
    assert who(story, 2)[WEB.name].endswith("; no load balancer had it")


def test_a_load_balancer_that_left_while_it_did_not_answer_thinks_nothing() -> None:
    story = Story()
    story.at(1, RoutingUnreachable(BALANCER))
    story.at(2, BalancerGone(BALANCER))
    assert who(story, 3)[WEB.name].endswith("; no load balancer had it")


def test_several_load_balancers_each_by_itself() -> None:
    story = Story((BALANCER, "10.0.0.2"))
    story.server(1, ServerStatusChanged, status="DOWN", balancer="10.0.0.2")
    assert who(story, 1) == who(story, 2)
    assert who(story, 2)[WEB.name].endswith(
        f"; {ADDRESS} had it UP, the load balancer at 10.0.0.2 had it DOWN"
    )


def test_load_balancers_that_did_not_answer_are_named_in_order() -> None:
    several = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
    story = Story(())
    for balancer in reversed(several):
        story.at(1, RoutingUnreachable(balancer))
    said = ", ".join(f"the load balancer at {each} did not answer" for each in several)
    assert who(story, 2)[WEB.name].endswith(f"; {said}")


@pytest.mark.parametrize(("number", "more"), [(5, False), (6, True)])
def test_five_that_failed_are_shown(number: int, more: bool) -> None:
    lost = [request(at, error="Timeout") for at in range(number)]
    lines = no_request_failed(lost, SET, Story().timeline).evidence
    assert len([line for line in lines if "Timeout" in line]) == 5
    assert ("and 1 more" in lines) is more
    assert any(line.endswith("more") for line in lines) is more


def test_a_service_of_a_similar_name_is_another() -> None:
    story = Story(())
    story.server(-1, ServerAdded, unit=main_unit("load balancer"))
    story.server(-1, ServerAdded, unit=replace(main_unit("cache"), instance=WEB.instance))
    assert who(story, 0)[WEB.name].endswith("; no load balancer had it")
