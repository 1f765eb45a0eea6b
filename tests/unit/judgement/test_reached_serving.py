"""Since when customers are served again."""

from __future__ import annotations

import pytest
from story import Story, killed, lost, main_unit, recovery, request

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.fault_kinds import CONTAINER_KILL
from pytest_cna.core.stages import SERVING

ME, OTHER = "zurmo_apache@8001 core-1", "zurmo_apache@8002 core-2"
KILL = recovery(CONTAINER_KILL)


def test_an_answer_from_before_it_runs_is_not_serving() -> None:
    """Of a database any: what it is kept from, only customers see."""
    assert killed().after(KILL, [request(0.5, ME)])["serving"] is None
    kill = recovery(CONTAINER_KILL, "database")
    story = Story()
    story.container(0.2, ContainerDied, unit=main_unit("database"))
    story.container(1.0, ContainerStarted, unit=main_unit("database"))
    assert story.after(kill, [request(0.5, ME)])["serving"] == pytest.approx(0.6)


def test_an_answer_of_another_instance_is_not_serving() -> None:
    records = [request(2, OTHER), request(2, "zurmo_apache@8001 core-3")]
    assert killed().after(KILL, records)["serving"] is None


def test_a_good_answer_before_a_failed_one_is_not_serving() -> None:
    """Customers have to go on getting good answers."""
    records = [request(1.3, ME), request(2.0, ME, "HTTP 503"), request(2.5, ME)]
    assert killed().after(KILL, records)["serving"] == pytest.approx(2.6)
    times = killed().times(KILL, records[:2])
    assert times.after(SERVING) is None
    assert lost(times, SERVING) == pytest.approx(2.0)


def test_requests_of_the_very_moment_count() -> None:
    """A good one that was sent as it ran, or with the last that failed."""
    assert killed().after(KILL, [request(1.2, ME, took=2.0)])["serving"] == 3.2
    failed = request(2.0, ME, "HTTP 503")
    good = [request(2.0, ME), request(5.0, ME)]
    assert killed().after(KILL, [failed, *good])["serving"] == 2.1


def test_one_that_answered_before_it_ran_has_not_ceased_to() -> None:
    times = killed().times(KILL, [request(0.5, ME), request(2.0, ME, "HTTP 503")])
    assert lost(times, SERVING) is None


def test_one_that_never_served_has_not_ceased_to() -> None:
    times = killed().times(KILL, [request(0.4, ME, "HTTP 503"), request(2.0, ME, "HTTP 503")])
    assert times.after(SERVING) is None
    assert lost(times, SERVING) is None


def test_what_another_instance_failed_is_not_its_own_failure() -> None:
    records = [request(1.3, ME), request(2.0, OTHER, "HTTP 503")]
    assert killed().after(KILL, records)["serving"] == pytest.approx(1.4)


def test_a_request_that_nothing_answered_may_have_been_for_it() -> None:
    records = [request(1.3, ME), request(2.0, error="ConnectionRefused"), request(3.0, ME)]
    assert killed().after(KILL, records)["serving"] == pytest.approx(3.1)


def test_a_database_serves_again_when_no_request_fails_any_more() -> None:
    kill = recovery(CONTAINER_KILL, "database")
    story = Story()
    story.container(0.2, ContainerDied, unit=main_unit("database"))
    story.container(1.0, ContainerStarted, unit=main_unit("database"))
    records = [request(0.5, error="HTTP 503"), request(1.2, ME), request(2.0, ME, "HTTP 500")]
    assert story.after(kill, records)["serving"] is None
    assert story.after(kill, [*records, request(2.5, ME)])["serving"] == pytest.approx(2.6)
