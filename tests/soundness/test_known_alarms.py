"""What was blamed once although the product was whole, each with the right verdict."""

from __future__ import annotations

import pytest
from known import (
    UNDO,
    Verdicts,
    check,
    defect,
    delay,
    kill,
    lose,
    pause,
    stage,
    stop,
    wait,
)
from schedules import Op


def test_what_was_gone_before_is_gone() -> None:
    verdicts = Verdicts(
        "pair", pause("web"), stage("unrouted"), stop("web"), stage("withdrawn"), stage("unrouted")
    )
    assert verdicts.step("withdrawn") == verdicts.step("unrouted") == "passed"
    again = Verdicts("pair", kill("web"), wait(0.3), stop("web"), stage("withdrawn"))
    assert again.step("withdrawn") == "passed"


def test_a_fault_of_something_else_does_not_end_a_recovery() -> None:
    verdicts = Verdicts("zurmo", kill("cache"), Op("own fault"), stage("announced"))
    assert verdicts.step("announced") == "passed"
    both = Verdicts("zurmo", kill("cache"), kill("load balancer"), wait(5.0))
    assert both.end("announced", unit="zurmo_memcache@11211.service") == "passed"


def test_what_we_keep_away_is_not_demanded() -> None:
    for fault in (stop("cache"), pause("cache")):
        verdicts = Verdicts("zurmo", fault, check("one entry"))
        assert verdicts.step("one entry") == verdicts.end("one entry") == "passed"


def test_a_configuration_that_is_written_again_was_dropped_before() -> None:
    verdicts = Verdicts(
        "zurmo",
        stop("cache"),
        wait(4.0),
        defect("entry vanishes", "zurmo_memcache@11212.service", 2.0, lasting=7.0),
        wait(8.0),
        stage("dropped"),
    )
    assert verdicts.step("dropped") == verdicts.end("dropped") == "passed"


def test_what_is_never_announced_has_nothing_to_withdraw() -> None:
    verdicts = Verdicts("zurmo", stop("configuration"), wait(1.0), UNDO)
    assert not verdicts.has("withdrawn")
    assert not verdicts.has("named")
    assert not verdicts.wrong


def test_a_load_balancer_that_leaves_unroutes_nothing() -> None:
    verdicts = Verdicts("two balancers", kill("web"), stage("routed"), stop("balancer"))
    assert verdicts.end("routed", unit="web@8001.service") == "passed"


def test_a_load_balancer_that_hangs_routes_to_nothing_that_is_stopped() -> None:
    verdicts = Verdicts(
        "two balancers", pause("balancer"), wait(0.1), stop("web"), stage("unrouted")
    )
    assert verdicts.step("unrouted") == verdicts.end("unrouted") == "passed"


@pytest.mark.parametrize("seconds", [0.1, 1.0, 5.0])
def test_a_clock_that_is_set_back_hides_no_container(seconds: float) -> None:
    back = defect("clock set back", "", seconds)
    verdicts = Verdicts("zurmo", back, kill("cache"), stage("running"))
    assert verdicts.step("running") == verdicts.end("running") == "passed"


def test_the_end_of_docker_run_may_take_its_own_time() -> None:
    verdicts = Verdicts("pair", delay("end", 0.95), kill("web"), stage("running"))
    assert verdicts.step("running") == "passed"


def test_failures_of_one_recovery_are_not_charged_to_the_next_fault() -> None:
    verdicts = Verdicts(
        "zurmo", lose("database"), wait(5.0), UNDO, kill("load balancer"), stage("serving")
    )
    assert verdicts.step("serving") == "passed"


def test_a_machine_that_returns_early_joins_all_the_same() -> None:
    verdicts = Verdicts("zurmo", lose("web server"), wait(1.0), UNDO, stage("joined"))
    assert verdicts.step("joined") == "passed"
    assert verdicts.seconds("joined") > 5.0  # not by its registration of before


def test_customers_are_served_by_the_other_cache() -> None:
    verdicts = Verdicts(
        "zurmo", defect("never restarted", "cache"), kill("cache"), stage("serving")
    )
    assert verdicts.step("serving") == "passed"
    assert verdicts.end("running") == "failed"


def test_a_fault_without_stages_ends_no_scenario() -> None:
    verdicts = Verdicts("bare", pause("cache"), check("one entry"))
    assert verdicts.step("one entry") == "passed"
    assert not verdicts.wrong


def test_an_instance_can_be_hit_during_its_recovery() -> None:
    for fault in (stop("web"), pause("balancer")):
        verdicts = Verdicts("pair", kill("web"), wait(0.3), fault)
        assert not verdicts.refused


def test_copies_of_the_configuration_are_looked_at_while_a_web_server_is_away() -> None:
    verdicts = Verdicts("zurmo", kill("web server"), stop("cache"), stage("dropped"))
    assert verdicts.step("dropped") == "passed"
