"""A wait that ends without what it waited for tells whether anything could be seen at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from pytest_cna.core import clock
from pytest_cna.core.errors import FleetError, WaitTimeout
from pytest_cna.core.waiting import LISTENER, wait_for
from pytest_cna.testing.clock import FakeClock


def says(*answers: object) -> Callable[[], object]:
    """The last one again and again; an exception is raised."""
    left = list(answers)

    def look() -> object:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


@pytest.mark.parametrize(
    ("answers", "unable"),
    [
        ([0], False),
        ([FleetError("no answer")], True),
        ([0, FleetError("no answer")], True),
        ([FleetError("no answer"), 0], False),
    ],
)
def test_whether_the_last_look_failed(answers: list[object], unable: bool) -> None:
    # as many looks as answers, the last of them at the deadline
    with clock.installed(FakeClock()), pytest.raises(WaitTimeout) as ended:
        wait_for(
            says(*answers),
            waiting_for="it",
            timeout=0.02 if len(answers) > 1 else 0.0,
            interval=0.0,
            transient=(FleetError,),
        )
    assert ended.value.unable is unable


@pytest.fixture
def fake() -> Iterator[FakeClock]:
    fake = FakeClock(monotonic=0.0)
    with clock.installed(fake):
        yield fake


def test_it_tells_what_was_seen_and_what_before_that(fake: FakeClock) -> None:
    with pytest.raises(WaitTimeout) as ended:
        wait_for(
            says("a", "b", "b", "c", "d", "e"),
            lambda seen: seen == "z",
            waiting_for="the end",
            timeout=2.0,
            show=str,
        )
    error = ended.value
    assert (error.last_seen, error.history) == ("e", ("b", "c", "d"))
    assert str(error) == ("waited 2.0 s for the end; last seen: e; before that: b, then c, then d")
    assert fake.monotonic() == pytest.approx(2.0)


def test_another_error_ends_it_at_once(fake: FakeClock) -> None:
    with pytest.raises(ZeroDivisionError):
        wait_for(says(0, ZeroDivisionError()), waiting_for="it", timeout=60.0)
    assert fake.monotonic() == pytest.approx(0.1)


def test_death_is_noticed_before_the_next_look(fake: FakeClock) -> None:
    looks: list[float] = []

    def alive() -> None:
        if fake.monotonic() > 5.0:
            raise FleetError("it died")

    with pytest.raises(FleetError, match="it died"):
        wait_for(
            lambda: looks.append(fake.monotonic()),
            waiting_for="it",
            timeout=60.0,
            interval=1.0,
            transient=(FleetError,),
            alive=alive,
        )
    assert looks[-1] <= 5.0


def test_looking_that_takes_long_is_done_less_often(fake: FakeClock) -> None:
    looks: list[float] = []

    def look() -> bool:
        looks.append(fake.monotonic())
        fake.advance(2.0)
        return len(looks) == 3

    wait_for(look, waiting_for="it", timeout=60.0)
    assert [after - before for before, after in pairwise(looks)] == [8.0, 8.0]


def test_there_is_a_last_look_at_the_deadline(fake: FakeClock) -> None:
    wait_for(lambda: fake.monotonic() >= 10.0, waiting_for="it", timeout=10.0, interval=3.0)
    assert fake.monotonic() == 10.0
    assert wait_for(lambda: "now", waiting_for="it", timeout=0.0) == "now"


def test_a_listener_hears_of_the_wait_and_of_its_end(fake: FakeClock) -> None:
    heard: list[object] = []

    class Listener:
        def waits(self, waiting_for: str, elapsed: float, timeout: float) -> None:
            heard.append((waiting_for, round(elapsed, 3), timeout))

        def waited(self) -> None:
            heard.append("over")

    token = LISTENER.set(Listener())
    try:
        wait_for(says(0, 0, 1), waiting_for="it", timeout=9.0, interval=0.5)
    finally:
        LISTENER.reset(token)
    assert heard == [("it", 0.0, 9.0), ("it", 0.5, 9.0), "over"]
