"""Steps about what customers do and get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, then, when

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("customers are working")
def customers_are_working(scene: Scene) -> None:
    """Start ten customers, who work until the scenario ends.

    They find the application by service discovery and send 50 requests a second together, fewer
    where the cluster answers slowly. The step ends when every customer has got a good answer.
    Fails when the application does not answer all of them, broken when the deployment names no
    application.
    """
    scene.start_customers()


@when(parsers.re(r"every customer has been served by each (?P<service>[\w ]+)"))
def every_customer_was_served_by_each(scene: Scene, service: str) -> None:
    """Wait until each customer has got a good answer from every instance of the service.

    Fails when that takes longer than a minute and the time of 100 requests.
    """
    scene.at_work.await_served_by_each(scene.units(service))


@when(
    parsers.re(r"customers have created (?P<count>\d+) (?P<record>[\w ]+)"),
    converters={"count": int},
)
def customers_have_created(scene: Scene, count: int, record: str) -> None:
    """Wait until the application has acknowledged so many new records, by the application's word.

    Fails when that takes longer than a minute and the time of 100 requests.
    """
    scene.at_work.await_created(count, record)


@then("no customer had to log in again")
def no_customer_had_to_log_in_again(scene: Scene) -> None:
    """No customer logged in a second time after a first good answer."""
    scene.at_work.expect_logged_in_once()


@then("no request has failed")
def no_request_has_failed(scene: Scene) -> None:
    """No request of any customer has failed since customers began to work, nor does to the end.

    A request fails by an unexpected status, a broken connection or a timeout. The message lists
    the first five, with their time since the last fault, and who could have answered. Broken when
    no request was sent.
    """
    scene.expect_no_request_failed()


@then(parsers.re(r"no acknowledged (?P<record>[\w ]+) is lost"))
def no_acknowledged_record_is_lost(scene: Scene, record: str) -> None:
    """Each record whose creation was acknowledged is found again, now and at the end.

    Fails also when none of those that customers created was acknowledged, or when nothing answers.
    Broken when customers created none.
    """
    scene.expect_no_record_lost(record)
