"""Steps about what customers do and get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, then, when

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene


@given("customers are working")
def customers_are_working(scene: Scene) -> None:
    scene.start_customers()


@when("every customer has been served by each web server")
def every_customer_was_served_by_each(scene: Scene) -> None:
    scene.at_work.await_served_by_each(scene.units("web server"))


@when(parsers.parse("customers have created {count:d} accounts"))
def customers_have_created(scene: Scene, count: int) -> None:
    scene.at_work.await_created(count)


@then("no customer had to log in again")
def no_customer_had_to_log_in_again(scene: Scene) -> None:
    scene.at_work.expect_logged_in_once()


@then("no request has failed")
def no_request_has_failed(scene: Scene) -> None:
    scene.expect_no_request_failed()


@then("no acknowledged account is lost")
def no_acknowledged_account_is_lost(scene: Scene) -> None:
    scene.at_work.expect_no_account_lost()
