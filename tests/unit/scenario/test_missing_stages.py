"""What is said of a stage that was not reached, or too late, and when nobody can say it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from followed import CONSTANTS, FIRST, LATE, followed, running_with

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, CommandTimeout, ProductFailed
from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.fault import FaultHealing
from pytest_cna.core.events.fleet import FleetReachable, FleetUnreachable, MachineJoined
from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, MACHINE_RETURN
from pytest_cna.core.links import REGISTRY
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import CommandResult
from pytest_cna.core.stages import JOINED, ROUTED, RUNNING
from pytest_cna.core.timeline import Timeline
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.diagnosis import Answer, BrokenChain, Evidence
from pytest_cna.scenario import failure as failure_module
from pytest_cna.scenario.awaiting import await_stage
from pytest_cna.scenario.failure import evidence, failure
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from pytest_cna.core.events.event import Event


def test_what_was_not_reached_was_as_late_as_what_came_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: LATE)
    monkeypatch.setattr(failure_module, "probe_chain", lambda *_, **__: Evidence("cache", {}))
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    running.timeline.record(ContainerDied(killed.subject, "core-1"), at=FIRST)
    assert evidence(recoveries, killed, [RUNNING]).late is RUNNING.link
    running.timeline.record(ContainerStarted(killed.subject, "core-1"), at=FIRST + 500)
    assert evidence(recoveries, killed, [RUNNING]).late is RUNNING.link


class Silent:
    """A transport to a machine that does not answer."""

    def run(self, command: str, timeout: float) -> CommandResult:
        raise CommandTimeout(f"{command} did not end within {timeout:g} s")


def missing(*reports: tuple[float, Event]) -> Exception:
    """Why a machine that returned has not joined; what was recorded so many seconds after."""
    running = running_with(Timeline())
    provider = SimpleNamespace(machine=str, console=lambda machine: f"{machine} login:")
    machine = Machine("core-1", "10.0.0.1", {}, Silent())  # type: ignore[arg-type]
    running.cluster = SimpleNamespace(  # type: ignore[assignment]
        provider=provider, machine=lambda _: machine
    )
    recoveries = Recoveries(running, CONSTANTS, list)
    begun = running.timeline.record(FaultHealing("core-1", "machine loss", "core-1"), at=FIRST)
    given = recoveries.circumstances()
    (back,) = recoveries.follow(MACHINE_RETURN, "core-1", [None], "core-1", begun, given)
    for after, event in reports:
        running.timeline.record(event, at=FIRST + after)
    (verdict,) = recoveries.judge(back, LATE)
    return failure(recoveries, back, verdict)


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


def test_what_fleet_reports_late_is_late() -> None:
    joined = MachineJoined("core-1", "10.0.0.1", "id")
    assert isinstance(missing((500.0, joined)), ProductFailed)


def test_what_fleet_reports_when_it_answers_again_may_have_been_so_in_time() -> None:
    joined = MachineJoined("core-1", "10.0.0.1", "id")
    silent, again = FleetUnreachable(error="no route"), FleetReachable()
    error = missing((1.0, silent), (500.0, joined), (500.0, again))
    assert isinstance(error, CnaError)
    assert "since 1.0 s fleet has answered on no machine: no route" in str(error)
    assert isinstance(missing((1.0, silent), (2.0, again), (500.0, joined)), ProductFailed)


def test_while_every_load_balancer_is_kept_away_nothing_can_be_routed() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "web server", FIRST)
    followed(recoveries, CONTAINER_PAUSE, "load balancer", FIRST + 1)
    with pytest.raises(CnaError, match="every load balancer is kept away: nothing can be routed"):
        await_stage(recoveries, killed, ROUTED)


def test_of_what_was_hit_again_before_its_time_was_over_nothing_is_concluded() -> None:
    recoveries = Recoveries(running_with(Timeline()), CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    followed(recoveries, CONTAINER_KILL, "cache", FIRST + 0.5)
    with pytest.raises(CnaError, match="was hit again before it had to be running"):
        await_stage(recoveries, killed, RUNNING)
    assert not recoveries.said


def test_what_docker_sees_needs_no_fleet() -> None:
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    running.timeline.record(FleetUnreachable(error="no route"), at=FIRST + 1)
    verdict = recoveries.judge(killed, LATE)[1]
    found = Evidence(killed.name, {REGISTRY: Answer(False, "no entry")})
    assert verdict.stage is RUNNING
    assert isinstance(failure(recoveries, killed, verdict, found), BrokenChain)


def test_only_of_what_was_never_reached_the_links_have_to_say_something() -> None:
    running = running_with(Timeline())
    recoveries = Recoveries(running, CONSTANTS, list)
    killed = followed(recoveries, CONTAINER_KILL, "cache", FIRST)
    running.timeline.record(ContainerDied(killed.subject, "core-1"), at=FIRST)
    silent = Evidence(killed.name, {REGISTRY: Answer(None, "cannot be asked")})
    never = failure(recoveries, killed, recoveries.judge(killed, LATE)[1], silent)
    assert isinstance(never, CnaError)
    assert str(never).endswith(f"no link of {killed.name} could be asked")
    running.timeline.record(ContainerStarted(killed.subject, "core-1"), at=FIRST + 500)
    late = failure(recoveries, killed, recoveries.judge(killed, LATE)[1], silent)
    assert isinstance(late, BrokenChain)


def test_fleet_that_falls_silent_with_the_last_of_the_time_has_not_seen_it() -> None:
    time = bounds(MACHINE_RETURN, None, CONSTANTS)[JOINED].seconds
    error = missing((time, FleetUnreachable(error="no route")))
    assert isinstance(error, CnaError)
    assert "could not be observed" in str(error)
    assert isinstance(missing((time + 0.1, FleetUnreachable(error="no route"))), ProductFailed)


def test_fleet_that_was_silent_before_the_time_was_over_has_not() -> None:
    error = missing((0.5, FleetReachable()), (1.0, FleetUnreachable(error="no route")))
    assert isinstance(error, CnaError)
    assert "since 1.0 s fleet has answered on no machine: no route" in str(error)
