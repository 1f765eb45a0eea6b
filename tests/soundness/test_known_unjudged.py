"""What was not judged once, or with the wrong link, each with the right verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known import UNDO, Verdicts, check, defect, delay, kill, lose, stage, stop
from small_deployments import deployment
from staging import staged, world_of

from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.events.fault import FaultUndoneByGuard
from pytest_cna.core.fault_kinds import CONTAINER_PAUSE
from pytest_cna.core.links import APPLICATION, CONFIGURATION, ENGINE, ROUTER, SCHEDULER, SUPERVISOR
from pytest_cna.core.stages import UNROUTED
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link


def test_a_return_that_nobody_could_watch_is_broken() -> None:
    verdicts = Verdicts(
        "zurmo",
        lose("web server"),
        stage("scheduled"),
        defect("no leader"),
        UNDO,
        stage("joined"),
    )
    assert verdicts.step("joined") == "broken"


def test_a_stop_that_never_ends_is_the_products_failure() -> None:
    verdicts = Verdicts("bare", defect("stop hangs", "cache", 500.0), stop("cache"))
    assert verdicts.refused == ["fault service stop: failed"]


def test_creations_that_all_fail_are_the_products_failure() -> None:
    with staged(deployment("pair")) as scene:
        world_of(scene).defect("refuses records")
        scene.start_customers()
        world_of(scene).clock.advance(10.0)
        with pytest.raises(AssertionError):
            scene.expect_no_record_lost()
        scene.heal()


def test_an_audit_of_a_dead_endpoint_is_the_products_failure() -> None:
    verdicts = Verdicts(
        "lone", defect("never restarted", "balancer"), kill("balancer"), check("no loss")
    )
    assert verdicts.step("no loss") == "failed"
    assert verdicts.seconds("no loss") < 120.0


def test_a_product_that_never_serves_has_failed() -> None:
    with staged(deployment("pair")) as scene:
        world_of(scene).defect("sick", "web")
        with pytest.raises(ProductFailed):
            scene.start_customers()
        scene.heal()


def test_a_product_that_is_never_steady_has_failed() -> None:
    with staged(deployment("pair")) as scene:
        world_of(scene).defect("mute", "web")
        world_of(scene).clock.advance(1.0)
        with pytest.raises(ProductFailed):
            scene.ensure_steady()


def test_one_answer_of_fleet_that_fails_is_not_the_end() -> None:
    verdicts = Verdicts(
        "zurmo", lose("web server"), defect("fleet unable", lasting=3.0), stage("scheduled")
    )
    assert verdicts.step("scheduled") == "passed"


def test_no_machine_undoes_a_fault_that_is_being_judged() -> None:
    """Without images nothing says that confd watches: it looks every 600 s, so the bound is that
    long."""
    made = replace(deployment("pair"), images=())
    with staged(made) as scene:
        world = world_of(scene)
        for name in ("never reloaded", "checks pass"):
            world.defect(name, "balancer")
        scene.inject(CONTAINER_PAUSE, "web")
        assert scene.recoveries.last.bound > 600.0
        with pytest.raises(BrokenChain) as failure:
            scene.await_stage(UNROUTED)
        assert broken_link(failure.value.evidence) is ROUTER
        scene.heal()
        assert not scene.running.timeline.events(FaultUndoneByGuard)


def test_the_configuration_is_a_link() -> None:
    verdicts = Verdicts(
        "zurmo", defect("never rendered", "web server"), stop("cache"), stage("dropped")
    )
    assert verdicts.link("dropped") == CONFIGURATION.name


def test_the_application_is_asked_what_customers_ask() -> None:
    verdicts = Verdicts("lone", defect("sick", "web"), kill("web"), stage("serving"))
    assert verdicts.step("serving") == "failed"
    assert verdicts.link("serving") == APPLICATION.name


def test_a_stage_that_came_late_has_a_link() -> None:
    verdicts = Verdicts("lone", delay("start", 4.0), kill("web"), stage("running"))
    assert verdicts.link("running") in {SUPERVISOR.name, ENGINE.name}


def test_fleet_that_drops_a_machine_late_is_named() -> None:
    verdicts = Verdicts(
        "pair", defect("agent ttl longer", value=60.0), lose("web"), stage("scheduled")
    )
    assert verdicts.step("scheduled") == "failed"
    assert verdicts.link("scheduled") == SCHEDULER.name


def test_a_data_container_that_vanishes_is_missed() -> None:
    verdicts = Verdicts(
        "zurmo",
        stop("application"),
        defect("no container", "application"),
        UNDO,
        stage("running"),
    )
    assert verdicts.step("running") == "failed"
    assert verdicts.link("running") == ENGINE.name


def test_what_a_cause_left_unused_is_not_added() -> None:
    """Within the whole bound, and late after it was running."""
    verdicts = Verdicts("lone", delay("answer", 4.2), kill("web"), stage("announced"))
    assert verdicts.step("announced") == "failed"


def test_nobody_is_asked_about_nothing() -> None:
    with staged(deployment("pair")) as scene, pytest.raises(CnaError, match="nothing to recover"):
        scene.await_stage(UNROUTED)
