"""The clock of the process, and another in its place."""

from __future__ import annotations

import time

import pytest

from pytest_cna.core import clock
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.timeline import Timeline


class Standing:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_000_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_is_this_computers_unless_another_is_installed() -> None:
    before = time.monotonic()
    with clock.installed(Standing()):
        assert clock.monotonic() == 100.0
        clock.sleep(2.5)
        assert (clock.monotonic(), clock.wall()) == (102.5, 1_000_102.5)
    assert before <= clock.monotonic() <= time.monotonic()
    assert clock.wall() == pytest.approx(time.time(), abs=60)


def test_the_one_before_is_put_back_after_an_error() -> None:
    outer = Standing()
    with clock.installed(outer):
        with pytest.raises(ValueError, match="within"), clock.installed(Standing()):
            raise ValueError("within")
        assert clock.install(outer) is outer


def test_events_carry_its_time() -> None:
    with clock.installed(Standing()):
        timeline = Timeline()
        now = timeline.record(MachineLost("core-1"))
        earlier = timeline.record(MachineLost("core-1"), at=90.0)
    assert (now.monotonic, now.wall) == (100.0, 1_000_100.0)
    assert (earlier.monotonic, earlier.wall) == (90.0, 1_000_090.0)
