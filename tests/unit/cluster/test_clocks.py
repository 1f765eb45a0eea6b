"""Clocks of machines that are right, ahead, behind, or slow to answer."""

from __future__ import annotations

import time

import pytest

from pytest_cna.cluster.clocks import Clocks
from pytest_cna.core.errors import CommandFailed, CommandTimeout
from pytest_cna.core.events.clock import ClockCompared, ClockDrifted, ClockEvent
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import CommandResult
from pytest_cna.core.timeline import Timeline


class Clock:
    """A transport to a machine whose clock is ``ahead``; the odd answers take ``slow`` seconds,
    given at their end."""

    def __init__(self, ahead: float = 0.0, slow: float = 0.0) -> None:
        self.ahead = ahead
        self.slow = slow
        self.asked = 0

    def run(self, command: str, timeout: float) -> CommandResult:
        self.asked += 1
        until = time.monotonic() + self.slow * (self.asked % 2)
        while time.monotonic() < until:
            pass
        return CommandResult(command, 0, f"{time.time() + self.ahead:.9f}\n", "")


def compared(clock: Clock) -> tuple[Clocks, Timeline]:
    timeline = Timeline()
    clocks = Clocks(timeline)
    clocks.compare(Machine("core-1", "10.0.0.1", {}, clock))  # type: ignore[arg-type]
    return clocks, timeline


@pytest.mark.parametrize("ahead", [3.0, -3.0])
def test_what_a_drifted_machine_tells_is_converted_and_the_drift_is_an_event(ahead: float) -> None:
    clocks, timeline = compared(Clock(ahead))
    assert clocks.converted("core-1", 1000.0 + ahead) == pytest.approx(1000.0, abs=0.05)
    assert clocks.drifts() == {"core-1": pytest.approx(ahead, abs=0.05)}
    (event,) = timeline.events(ClockDrifted, "core-1")
    assert event.offset == pytest.approx(ahead, abs=0.05)


def test_a_clock_that_is_right_is_left_alone() -> None:
    clocks, timeline = compared(Clock())
    assert clocks.converted("core-1", 1000.0) == 1000.0
    assert clocks.drifts() == {}
    assert timeline.events(ClockCompared, "core-1")


def test_a_machine_that_was_not_compared_is_believed() -> None:
    assert Clocks(Timeline()).converted("core-9", 1000.0) == 1000.0


def test_the_answer_that_came_quickest_counts() -> None:
    # given at the end of 0.3 s, a right clock seems 0.15 s ahead
    clocks, timeline = compared(Clock(ahead=0.6, slow=0.3))
    (event,) = timeline.events(ClockEvent)
    assert isinstance(event, ClockDrifted)
    assert event.uncertainty < 0.1
    assert clocks.converted("core-1", 1000.6) == pytest.approx(1000.0, abs=0.05)


@pytest.mark.parametrize("ahead", [0.2, -0.2, -5.0])
def test_a_clock_that_was_set_is_compared_again(ahead: float) -> None:
    clock = Clock()
    clocks, timeline = compared(clock)
    clock.ahead = ahead
    clocks.check([Machine("core-1", "10.0.0.1", {}, clock)])  # type: ignore[arg-type]
    assert len(timeline.events(ClockEvent)) == 2
    assert clocks.converted("core-1", 1000.0 + ahead) == pytest.approx(1000.0, abs=0.05)


@pytest.mark.parametrize("slow", [0.0, 0.3])
def test_a_clock_that_was_not_set_is_looked_at_once(slow: float) -> None:
    clock = Clock()
    clocks, timeline = compared(clock)
    clock.slow, clock.asked = slow, 0
    clocks.check([Machine("core-1", "10.0.0.1", {}, clock)])  # type: ignore[arg-type]
    assert clock.asked == 1
    assert len(timeline.events(ClockEvent)) == 1


def test_a_machine_that_does_not_answer_keeps_its_offset() -> None:
    class Away:
        def run(self, command: str, timeout: float) -> CommandResult:
            raise CommandTimeout(f"core-2: {command} did not end within {timeout:g} s")

    clock = Clock()
    clocks, _ = compared(clock)
    clock.ahead = 3.0
    away = Machine("core-2", "10.0.0.2", {}, Away())  # type: ignore[arg-type]
    clocks.check([away, Machine("core-1", "10.0.0.1", {}, clock)])  # type: ignore[arg-type]
    assert list(clocks.drifts()) == ["core-1"]


def test_a_machine_without_a_clock_says_so() -> None:
    class Broken:
        def run(self, command: str, timeout: float) -> CommandResult:
            return CommandResult(command, 127, "", "date: not found")

    with pytest.raises(CommandFailed, match=r"date.*not found"):
        Clocks(Timeline()).compare(Machine("core-1", "10.0.0.1", {}, Broken()))  # type: ignore[arg-type]
