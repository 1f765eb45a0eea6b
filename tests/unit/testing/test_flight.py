"""Requests in flight when something breaks get what HAProxy would have given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
from simulated import machine_of, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing import FakeWorld
    from pytest_cna.testing.flight import Outcome

    Send: TypeAlias = Callable[[DeployedUnit, str], list[Outcome]]

WEB = unit("web server")
BALANCER = unit("load balancer")


@pytest.fixture
def in_flight(running: RunningDeployment, world: FakeWorld) -> Send:
    """Twenty requests that each work for a second, something done to the container of a unit
    meanwhile, and all of their outcomes."""

    def send(of: DeployedUnit, command: str) -> list[Outcome]:
        ended: list[Outcome] = []
        for _ in range(20):
            world.requests.send(running.endpoints(), ended.append, more=1.0)
        world.clock.advance(0.5)
        machine = machine_of(running, of)
        if command == "power":
            running.cluster.provider.kill(machine)
        elif command == "stop":
            running.cluster.fleet.stop(of.name)
        else:
            machine.check(f"docker {command} {of.container}")
        world.clock.advance(30.0)
        assert len(ended) == 20
        return ended

    return send


def test_a_killed_instance_s_requests_are_sent_to_another(in_flight: Send) -> None:
    outcomes = in_flight(WEB, "kill")
    assert not {each.error for each in outcomes} - {""}
    assert {round(each.seconds) for each in outcomes} == {1, 2}
    assert len({each.served_by for each in outcomes}) == 1


def test_a_paused_instance_s_requests_are_sent_to_another_after_a_while(in_flight: Send) -> None:
    outcomes = in_flight(WEB, "pause")
    assert not {each.error for each in outcomes} - {""}
    assert {round(each.seconds) for each in outcomes} == {1, 6}


def test_a_stopped_instance_finishes_what_it_began(in_flight: Send) -> None:
    outcomes = in_flight(WEB, "stop")
    assert {(each.error, round(each.seconds)) for each in outcomes} == {("", 1)}
    assert len({each.served_by for each in outcomes}) == 2


def test_a_killed_balancer_s_requests_are_broken_off(in_flight: Send) -> None:
    assert {each.error for each in in_flight(BALANCER, "kill")} == {"Disconnected"}


@pytest.mark.parametrize("command", ["pause", "power"])
def test_a_silent_balancer_s_requests_end_with_the_customers_patience(
    command: str, in_flight: Send
) -> None:
    outcomes = in_flight(BALANCER, command)
    assert {(each.error, round(each.seconds)) for each in outcomes} == {("Timeout", 10)}


def test_without_another_server_the_failure_is_the_customers(
    running: RunningDeployment, world: FakeWorld, in_flight: Send
) -> None:
    running.cluster.fleet.stop(unit("web server", 1).name)
    world.clock.advance(3.0)
    assert {each.error for each in in_flight(WEB, "kill")} <= {"HTTP 502", "HTTP 503"}
