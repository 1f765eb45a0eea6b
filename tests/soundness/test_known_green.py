"""What was passed once although the product had failed, each with the right verdict."""

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
from small_deployments import deployment
from staging import staged, world_of

from pytest_cna.core.events.fault import FaultInjected
from pytest_cna.core.fault_kinds import SERVICE_STOP
from pytest_cna.core.links import ENGINE


def test_failures_after_the_step_count() -> None:
    verdicts = Verdicts("zurmo", pause("load balancer"), check("no failure"))
    assert verdicts.step("no failure") == "passed"
    assert verdicts.end("no failure") == "failed"


def test_a_look_before_anything_reacted_proves_nothing() -> None:
    verdicts = Verdicts("zurmo", kill("database"), check("one entry"))
    assert verdicts.step("one entry") == "passed"
    assert verdicts.seconds("one entry") > 1.0  # not while the dead instance was announced


def test_each_load_balancer_is_judged_by_itself() -> None:
    verdicts = Verdicts(
        "two balancers",
        stop("web"),
        stage("unrouted"),
        defect("never rendered", "balancer@80.service"),
        UNDO,
        stage("routed"),
        check("routing"),
    )
    assert verdicts.step("routed") == "failed"
    assert verdicts.step("routing") == verdicts.end("routing") == "failed"


def test_a_load_balancer_that_cannot_be_asked_routes_nothing() -> None:
    ours = Verdicts("lone", pause("balancer"), stage("withdrawn"), stop("web"), check("routing"))
    assert ours.end("routing") == "not awaited"
    its_own = Verdicts("lone", defect("mute", "balancer"), stop("web"), check("routing"))
    assert its_own.step("routing") == its_own.end("routing") == "failed"


def test_a_service_without_a_sidekick_has_to_be_announced_again() -> None:
    verdicts = Verdicts("bare", defect("never announced", "cache"), kill("cache"))
    assert verdicts.end("announced") == "failed"


def test_a_container_that_dies_again_does_not_run() -> None:
    verdicts = Verdicts(
        "pair", defect("dies after start", "web", 0.3), kill("web"), stage("running")
    )
    assert verdicts.end("running") == "failed"


def test_a_container_that_outlives_its_unit_has_not_ended() -> None:
    verdicts = Verdicts("zurmo", defect("outlives stop", "cache"), stop("cache"), stage("ended"))
    assert verdicts.step("ended") == verdicts.end("ended") == "failed"
    assert verdicts.link("ended") == ENGINE.name


def test_an_entry_of_the_machine_before_is_not_its_own() -> None:
    verdicts = Verdicts(
        "pair",
        defect("long lease", "web", 600.0),
        wait(1.0),
        lose("web"),
        stage("running"),
        defect("never announced", "web"),
        kill("web"),
        stage("announced"),
    )
    assert verdicts.step("announced") == "failed"


def test_what_is_taken_back_is_not_placed() -> None:
    verdicts = Verdicts("pair", lose("web"), stage("scheduled"), defect("unscheduled", "web"))
    assert verdicts.step("scheduled") == "passed"
    assert verdicts.end("scheduled", unit="web@8001.service") == "failed"


def test_a_third_of_the_requests_failing_is_no_service() -> None:
    verdicts = Verdicts(
        "pair", kill("balancer"), defect("errors", "web", 3.0), stage("serving"), wait(20.0)
    )
    assert verdicts.end("serving") == "failed"


def test_a_missing_row_of_fleet_is_no_stop() -> None:
    with staged(deployment("bare")) as scene:
        world, unit = world_of(scene), scene.units("cache")[0]
        world.defect("no state row", lasting=5.0)
        world.delays.stop = 4.0
        scene.inject(SERVICE_STOP, "cache")
        (done,) = scene.running.timeline.events(FaultInjected)
        there = {each.unit for each in world.truth.at(done.monotonic).containers}
        assert unit.name not in there


def test_old_containers_of_a_returned_machine_run_twice() -> None:
    verdicts = Verdicts(
        "pair",
        defect("containers revive"),
        lose("web"),
        stage("running"),
        UNDO,
        stage("joined"),
        check("no unit twice"),
    )
    assert verdicts.step("no unit twice") == verdicts.end("no unit twice") == "failed"


def test_a_transitional_duplicate_is_excused() -> None:
    verdicts = Verdicts(
        "pair",
        defect("containers revive", value=3.0),
        lose("web"),
        stage("running"),
        UNDO,
        stage("joined"),
        check("no unit twice"),
    )
    assert verdicts.step("no unit twice") == verdicts.end("no unit twice") == "passed"


def test_a_stage_that_no_step_awaits_is_judged() -> None:
    verdicts = Verdicts("lone", delay("start", 4.0), kill("web"), check("quorum"))
    assert verdicts.end("running") == "failed"


def test_a_server_that_is_not_checked_is_not_up() -> None:
    verdicts = Verdicts("pair", defect("no check", "balancer"), kill("web"), stage("routed"))
    assert verdicts.step("routed") == "failed"


def test_what_no_fault_hit_stays() -> None:
    verdicts = Verdicts("zurmo", kill("cache"), defect("entry vanishes", "web server", 2.0))
    assert verdicts.end("unharmed") == "failed"


def test_the_load_that_one_instance_cannot_carry_fails_the_scenario() -> None:
    verdicts = Verdicts(
        "pair",
        defect("overloaded", "web", 4.0),
        kill("web"),
        check("no failure"),
    )
    assert verdicts.end("no failure") == "failed"


def test_good_answers_between_dead_addresses_are_no_service() -> None:
    verdicts = Verdicts(
        "pair",
        defect("long lease", "balancer", 60.0),
        wait(1.0),
        lose("balancer"),
        stage("serving"),
        wait(30.0),
    )
    assert verdicts.end("serving") == "failed"


def test_a_scenario_does_not_end_between_two_failures() -> None:
    """Every other address is dead, and requests to it take two seconds to fail."""
    verdicts = Verdicts(
        "pair",
        defect("long lease", "balancer", 60.0),
        wait(1.0),
        lose("balancer"),
        stage("serving"),
    )
    assert verdicts.end("serving") == "failed"


@pytest.mark.parametrize("defects", [("announces early", "unbound"), ("never withdrawn",)])
def test_an_entry_without_its_container_is_no_announcement(defects: tuple[str, ...]) -> None:
    verdicts = Verdicts(
        "pair",
        *(defect(name, "web") for name in defects),
        defect("never running", "web"),
        kill("web"),
        stage("announced"),
    )
    assert verdicts.step("announced") == "failed"
