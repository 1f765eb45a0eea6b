"""A clock that is moved, and what falls due on the way."""

from __future__ import annotations

import pytest

from pytest_cna.core import clock
from pytest_cna.core.errors import WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.testing.clock import FakeClock


@pytest.fixture
def fake() -> FakeClock:
    return FakeClock(monotonic=100.0, wall=1_000.0)


def test_it_stands_still_until_it_is_moved(fake: FakeClock) -> None:
    assert (fake.monotonic(), fake.wall()) == (100.0, 1_000.0)
    fake.advance(2.5)
    fake.sleep(0.5)
    assert (fake.monotonic(), fake.wall()) == (103.0, 1_003.0)


def test_it_goes_on_from_the_clock_in_use(fake: FakeClock) -> None:
    with clock.installed(fake):
        fake.advance(7.0)
        assert FakeClock().monotonic() == 107.0
        assert FakeClock().wall() == 1_007.0


def test_the_least_bit_of_time_moves_it(fake: FakeClock) -> None:
    """Else whatever waits for what is left of its time would wait for ever."""
    seen: list[float] = []
    fake.after(1e-9, lambda: seen.append(fake.monotonic()))
    fake.after(0.0, lambda: seen.append(fake.monotonic()))
    fake.after(-1.0, lambda: seen.append(fake.monotonic()))
    fake.advance(1.0)
    assert seen == [100.0, 100.0, pytest.approx(100.000001)]


def test_what_falls_due_runs_at_its_own_time_and_in_order(fake: FakeClock) -> None:
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, fake.monotonic() - 100.0))

    fake.after(2.0, lambda: note("late"))
    fake.after(1.0, lambda: note("first set"))
    fake.after(1.0, lambda: note("second set"))
    fake.after(1.0, lambda: fake.after(0.5, lambda: note("set meanwhile")))
    fake.after(9.0, lambda: note("not yet"))
    fake.advance(3.0)
    assert seen == [
        ("first set", 1.0),
        ("second set", 1.0),
        ("set meanwhile", 1.5),
        ("late", 2.0),
    ]


@pytest.mark.parametrize("begun", [0.0, 100.1, 9_000.3, 1e6])
def test_what_falls_due_at_one_time_is_not_ordered_by_rounding(begun: float) -> None:
    fake = FakeClock(monotonic=begun, wall=0.0)
    ran: list[str] = []
    fake.after(0.8, lambda: ran.append("first"))
    fake.advance(0.1)
    fake.after(0.7, lambda: ran.append("second"))  # 0.1 + 0.7 is less than 0.8 in floats
    fake.advance(0.7)
    assert ran == ["first", "second"]


def test_every_comes_again_until_it_is_cancelled(fake: FakeClock) -> None:
    seen: list[float] = []
    timer = fake.every(0.5, lambda: seen.append(fake.monotonic() - 100.0))
    fake.advance(1.6)
    timer.cancel()
    timer.cancel()
    fake.advance(5.0)
    assert seen == [0.5, 1.0, 1.5]


def test_a_wait_takes_its_time_of_it_and_none_else(fake: FakeClock) -> None:
    came: list[bool] = []
    fake.after(30.0, lambda: came.append(True))
    with clock.installed(fake):
        wait_for(lambda: came, waiting_for="it", timeout=60.0)
    assert fake.monotonic() == pytest.approx(130.0, abs=0.11)


def test_a_wait_without_a_pause_still_ends(fake: FakeClock) -> None:
    with clock.installed(fake), pytest.raises(WaitTimeout, match=r"waited 1\.0 s for it"):
        wait_for(lambda: False, waiting_for="it", timeout=1.0, interval=0.0)
    assert fake.monotonic() >= 101.0
