from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.model import RequestRecord
from pytest_cna.judgement.requests import (
    Outage,
    acknowledged,
    longest_gap,
    outage,
    percentile,
    request_statistics,
    served_by,
)


def request(
    start: float,
    error: str = "",
    *,
    duration: float = 0.1,
    served_by: str = "a",
    created: str = "",
    resent: bool = False,
) -> RequestRecord:
    status = 0 if error else 200
    return RequestRecord(
        start, duration, 0, "list", "GET", status, served_by, error, created, resent
    )


def test_without_requests() -> None:
    nothing = request_statistics([])
    assert (nothing.requests, nothing.failed, nothing.longest_gap, nothing.p99) == (0, 0, 0, 0)
    assert outage([]) is None


def test_sums_up() -> None:
    sums = request_statistics(
        [
            request(1.0, served_by="a"),
            request(1.1, served_by="b", duration=0.3, resent=True),
            request(1.2, "Timeout", served_by="", duration=9.0),
            request(1.3, "HTTP 503", served_by=""),
            request(1.4, "HTTP 503", served_by=""),
        ]
    )
    assert (sums.requests, sums.failed, sums.resent) == (5, 3, 1)
    assert (sums.p50, sums.p99) == (0.1, 0.3)
    many = request_statistics([request(n, duration=n) for n in range(1, 201)])
    assert (many.p50, many.p99) == (100, 198)
    assert sums.by_instance == {"a": 1, "b": 1}
    assert sums.by_error == {"Timeout": 1, "HTTP 503": 2}


def test_a_gap_is_between_good_answers() -> None:
    records = [request(0.0), request(1.0, "HTTP 503"), request(2.0), request(2.5)]
    assert longest_gap(records) == pytest.approx(2.0)


def test_a_gap_reaches_to_the_last_failure() -> None:
    records = [request(0.0), request(1.0, "Timeout", duration=10.0)]
    assert longest_gap(records) == pytest.approx(10.9)


def test_a_gap_begins_with_the_first_request() -> None:
    assert longest_gap([request(5.0, duration=3.0), request(8.0)]) == pytest.approx(3.0)


def test_without_a_good_answer_all_is_gap() -> None:
    assert longest_gap([request(0.0, "Timeout"), request(4.0, "Timeout")]) == pytest.approx(4.1)


def test_records_come_in_the_order_in_which_they_ended() -> None:
    assert longest_gap([request(1.0), request(0.0, duration=3.0)]) == pytest.approx(1.9)


def test_an_outage_ends_with_the_good_answer_after_the_last_failure() -> None:
    records = [
        request(0.0),
        request(1.0, "HTTP 503"),
        request(2.0),
        request(3.0, "HTTP 503"),
        request(4.0),
        request(5.0),
    ]
    assert outage(records) == Outage(1.0, 4.1, 2)
    assert Outage(1.0, 4.1, 2).duration == pytest.approx(3.1)


def test_a_good_answer_to_an_earlier_request_does_not_end_an_outage() -> None:
    records = [request(0.0, duration=5.0), request(1.0, "HTTP 503")]
    lasting = outage(records)
    assert lasting == Outage(1.0, None, 1)
    assert lasting.duration == math.inf


def test_no_outage_without_failure() -> None:
    assert outage([request(0.0), request(9.0)]) is None


def test_acknowledged_and_served_by_count_good_answers() -> None:
    records = [request(0.0, created="1"), request(1.0), request(2.0, "HTTP 500", served_by="b")]
    assert acknowledged(records) == {"1"}
    assert served_by(records) == {"a": 2}


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (75, 3), (76, 4), (99, 4), (0, 1)])
def test_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == value


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100
