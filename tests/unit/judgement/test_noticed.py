"""What customers noticed: failures, gaps and slow answers beyond what they were used to."""

from __future__ import annotations

import pytest

from pytest_cna.core.model import RequestRecord
from pytest_cna.judgement.noticed import Experience, experience

FAULT = 10.0


def sent(start: float, duration: float = 0.1, error: str = "") -> RequestRecord:
    return RequestRecord(start, duration, 1, "list", "GET", 200, "web@1 core-1", error)


def steady(
    start: float, end: float, every: float = 0.2, duration: float = 0.1
) -> list[RequestRecord]:
    count = round((end - start) / every)
    return [sent(start + number * every, duration) for number in range(count)]


def test_a_calm_scenario() -> None:
    found = experience(steady(0, 20), FAULT)
    assert found.noticed == ()
    assert (found.requests, found.failed, found.slow) == (100, 0, 0)
    assert experience([], FAULT).noticed == ()


def test_a_failed_request_is_noticed_whenever_it_was() -> None:
    early = experience([*steady(0, 20), sent(3.0, error="Timeout")], FAULT)
    assert early.noticed == ("1 of 101 requests failed",)
    last = experience([*steady(0, 20), sent(21.0, error="Timeout")], FAULT)
    assert last.noticed == ("1 of 101 requests failed, to the end",)


def test_a_gap_is_noticed_though_nothing_failed() -> None:
    found = experience([*steady(0, 10), *steady(13.2, 20)], FAULT)
    assert found.noticed == ("3.4 s without any good answer",)
    assert found.longest_gap == pytest.approx(3.4)


@pytest.mark.parametrize(("gap", "noticed"), [(3.0, False), (3.2, True)])
def test_a_gap_counts_beyond_the_longest_before_the_fault(gap: float, noticed: bool) -> None:
    # the answers before the fault come every 2.1 s
    before = steady(0, 8.4, every=2.1)
    last = before[-1].end
    after = steady(last + gap - 0.1, 20)
    found = experience([*before, *after], last + 0.01)
    assert found.gap_after == pytest.approx(3.1)
    assert found.gap_noticed == noticed


@pytest.mark.parametrize(("slowest", "noticed"), [(1.2, False), (1.4, True)])
def test_an_answer_counts_as_slow_beyond_the_slowest_before_the_fault(
    slowest: float, noticed: bool
) -> None:
    found = experience([*steady(0, 10, duration=0.3), *steady(10, 20), sent(15, slowest)], FAULT)
    assert found.slow_after == pytest.approx(1.3)
    expected = ("1 of 101 answers took longer than 1.3 s",) if noticed else ()
    assert found.noticed == expected


def test_a_request_that_failed_slowly_is_no_slow_answer_and_no_measure_for_one() -> None:
    slow = [sent(5, 4.0, "Timeout"), sent(15, 4.0, "Timeout")]
    found = experience([*steady(0, 20), *slow], FAULT)
    assert found.slow == 0
    assert found.slow_after == pytest.approx(1.1)


def test_an_answer_that_is_as_slow_as_is_allowed_is_not_slow() -> None:
    found = experience([sent(1, 0.5), sent(2, 0.25), sent(15, 1.5)], FAULT)
    assert (found.slow, found.slow_after) == (0, 1.5)
    assert not Experience(9, 0, 1.3, 1.3, 0, 1.1).gap_noticed


def test_failures_end_unless_it_is_said_that_they_do_not() -> None:
    assert Experience(9, 1, 1.3, 1.3, 0, 1.1).noticed == ("1 of 9 requests failed",)


def test_slow_answers_are_counted_among_the_answers() -> None:
    found = experience([*steady(0, 20), sent(15, 1.5), sent(16, error="Timeout")], FAULT)
    assert found.noticed == (
        "1 of 102 requests failed",
        "1 of 101 answers took longer than 1.1 s",
    )


@pytest.mark.parametrize("fault", [None, -1.0])
def test_without_a_time_before_the_fault_a_second_is_long(fault: float | None) -> None:
    found = experience([*steady(0, 5), sent(5, 1.1), *steady(6.5, 9)], fault)
    assert found.noticed == (
        "1.2 s without any good answer",
        "1 of 38 answers took longer than 1.0 s",
    )


@pytest.mark.parametrize("start", [9.5, FAULT - 5.0])
def test_what_began_before_the_fault_and_ended_with_it_or_later_is_no_measure(start: float) -> None:
    found = experience([*steady(0, 9.8), sent(start, 5.0)], FAULT)
    assert found.noticed[-1] == "1 of 50 answers took longer than 1.1 s"
