"""Customers follow discovery, and what they got is judged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from simulated import CRM, SET, machine_of, unit, world_of

from pytest_cna.core.errors import CnaError, ProductFailed, TrafficError
from pytest_cna.core.words import plural
from pytest_cna.scenario.customers import CUSTOMERS, Customers
from pytest_cna.testing.clients import FakeClients

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld
    from pytest_cna.testing.traffic import FakeTraffic

RECORDS = plural(CRM.record)


@pytest.fixture
def customers(running: RunningDeployment, tmp_path: Path) -> Iterator[Customers]:
    customers = Customers(running, CRM, tmp_path, seed=1)
    customers.start()
    yield customers
    customers.stop()


def traffic_of(running: RunningDeployment) -> FakeTraffic:
    clients = running.cluster.clients
    assert isinstance(clients, FakeClients)
    return clients.customers.made[-1]


def test_all_are_at_work_when_they_have_started(customers: Customers) -> None:
    assert {record.customer for record in customers.records()} == set(range(CUSTOMERS))
    assert {record.action for record in customers.records()} > {"login"}
    customers.expect_logged_in_once()
    customers.expect_no_request_failed(since=0.0)


def test_they_are_served_by_each_instance_and_create(customers: Customers) -> None:
    customers.await_served_by_each(SET.main_units(SET.service("web server")))
    customers.await_created(5, RECORDS)
    assert len({record.created for record in customers.records() if record.created}) >= 5
    customers.expect_no_record_lost(CRM.record)


def test_they_speak_the_words_of_the_application(customers: Customers) -> None:
    with pytest.raises(CnaError, match=f"customers of this application create {RECORDS}, not inv"):
        customers.await_created(1, "invoices")


def test_a_lost_record_is_named(customers: Customers, world: FakeWorld) -> None:
    customers.await_created(2, RECORDS)
    first = next(record.created for record in customers.records() if record.created)
    world.lost.add(first)
    with pytest.raises(
        AssertionError, match=rf"^1 of \d+ acknowledged {RECORDS} are lost.*{first}"
    ):
        customers.expect_no_record_lost()


def test_nothing_created_nothing_concluded(running: RunningDeployment, tmp_path: Path) -> None:
    idle = Customers(running, CRM, tmp_path, seed=1)
    with pytest.raises(CnaError, match="created no accounts: nothing can be concluded"):
        idle.expect_no_record_lost()
    with pytest.raises(CnaError, match="customers sent no request"):
        idle.expect_no_request_failed(since=0.0)


def test_no_creation_that_is_acknowledged_is_the_products_failure(
    running: RunningDeployment, tmp_path: Path, world: FakeWorld
) -> None:
    """Nothing is lost, because nothing was ever kept."""
    world.defect("refuses records", "web server")
    customers = Customers(running, CRM, tmp_path, seed=1)
    customers.start()
    world.clock.advance(10.0)
    customers.stop()
    verdict = customers.lost_records()
    assert (verdict.outcome, verdict.sentence) == (
        "failed",
        f"not one of the {RECORDS} that customers created was acknowledged",
    )
    with pytest.raises(ProductFailed, match="was acknowledged"):
        customers.expect_no_record_lost()


def test_an_audit_that_gets_no_clear_answer_has_failed(
    customers: Customers, running: RunningDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers.await_created(2, RECORDS)

    def dead(*_: object) -> list[str]:
        raise ProductFailed("10.0.0.1:80 answered neither")

    monkeypatch.setattr(customers, "_makes", SimpleNamespace(lost=dead))
    verdict = customers.lost_records()
    assert (verdict.outcome, verdict.sentence) == ("failed", "10.0.0.1:80 answered neither")
    assert verdict.name == f"no acknowledged {CRM.record} is lost"


def test_what_customers_wait_for_in_vain_is_the_products_failure(
    customers: Customers, world: FakeWorld
) -> None:
    world.defect("sick", "web server")
    with pytest.raises(
        ProductFailed, match=r"waited \d+ s for 100000 .*customers got .*HTTP 500 \d+"
    ):
        customers.await_created(100_000, RECORDS)


def test_they_follow_a_balancer_that_moves(
    running: RunningDeployment, customers: Customers, world: FakeWorld
) -> None:
    running.cluster.provider.kill(machine_of(running, unit("load balancer")))
    world.clock.advance(30.0)
    gone = {record.error for record in customers.records() if record.failed}
    assert gone == {"Timeout", "ConnectTimeout", "NoEndpoint"}
    since = world.clock.monotonic()
    world.clock.advance(5.0)
    after = [record for record in customers.records() if record.start >= since]
    assert after
    assert not any(record.failed for record in after)
    with pytest.raises(AssertionError, match=r"requests failed[\s\S]*and \d+ more"):
        customers.expect_no_request_failed(since)


def test_a_paused_instance_lets_a_customer_wait(
    running: RunningDeployment, customers: Customers, world: FakeWorld
) -> None:
    """HAProxy gives up on it after its own timeout, and asks another one."""
    web = unit("web server")
    machine_of(running, web).check(f"docker pause {web.container}")
    world.clock.advance(20.0)
    assert not [record.error for record in customers.records() if record.failed]
    assert 5.0 < max(record.duration for record in customers.records()) < 6.0


def test_a_paused_balancer_lets_customers_wait_in_vain(
    running: RunningDeployment, customers: Customers, world: FakeWorld
) -> None:
    balancer = unit("load balancer")
    machine_of(running, balancer).check(f"docker pause {balancer.container}")
    world.clock.advance(20.0)
    assert {record.error for record in customers.records()} == {"", "Timeout", "NoEndpoint"}


def test_an_application_without_web_servers_answers_503(
    running: RunningDeployment, customers: Customers, world: FakeWorld
) -> None:
    for web in SET.main_units(SET.service("web server")):
        running.cluster.fleet.stop(web.name)
    world.clock.advance(10.0)
    last = customers.records()[-1]
    assert (last.error, last.status, last.served_by) == ("HTTP 503", 503, "")


def test_logging_in_again_is_noticed(
    running: RunningDeployment, customers: Customers, world: FakeWorld
) -> None:
    traffic_of(running).forget_sessions([3])
    world.clock.advance(10.0)
    with pytest.raises(AssertionError, match=r"customers had to log in again: \[3\]"):
        customers.expect_logged_in_once()


def test_dead_customers_end_every_wait(running: RunningDeployment, customers: Customers) -> None:
    traffic_of(running).dead = "out of memory"
    with pytest.raises(TrafficError, match="out of memory"):
        customers.await_created(10_000, RECORDS)
    with pytest.raises(TrafficError, match="out of memory"):
        customers.expect_no_request_failed(since=0.0)


def test_customers_that_cannot_be_served_are_not_at_work(
    running: RunningDeployment, tmp_path: Path, world: FakeWorld
) -> None:
    late = Customers(running, CRM, tmp_path, seed=1)
    database = unit("database")
    machine_of(running, database).check(f"docker pause {database.container}")
    with pytest.raises(ProductFailed, match=f"all {CUSTOMERS} customers to be at work.*HTTP 500"):
        late.start()
    late.stop()
    with pytest.raises(ProductFailed, match="returned an expected status; last: HTTP 500"):
        Customers(running, CRM, tmp_path, seed=1)


def test_their_requests_are_on_disk_when_they_stop(
    customers: Customers, tmp_path: Path, running: RunningDeployment
) -> None:
    customers.stop()
    customers.stop()
    lines = (tmp_path / "requests.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == len(customers.records()) > CUSTOMERS
    world_of(running).clock.advance(5.0)
    assert len(customers.records()) - len(lines) <= 1  # what was in flight
