"""What holds of a deployment whatever was done to it, and what is said when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, unit

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, WaitTimeout
from pytest_cna.core.events.verdict import CheckJudged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import RUNNING
from pytest_cna.judgement.checks import ONE_ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.judgement.checks import Snapshot
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.judgement.verdicts import Verdict
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

WEB = unit("web server")


def everywhere(world: FakeWorld, defect: str, called: str) -> None:
    for each in SET.main_units(SET.service(called)):
        world.defect(defect, each.name)


def test_all_of_them_hold_in_the_steady_state(scene: Scene) -> None:
    scene.invariants.expect_one_entry_per_instance()
    scene.invariants.expect_routing_equals_discovery()
    scene.invariants.expect_no_unit_runs_twice()
    scene.invariants.expect_quorum()


def test_they_wait_as_long_as_a_recovery_may_take(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "web server")
    world.clock.advance(0.1)
    begun = world.clock.monotonic()
    scene.invariants.expect_one_entry_per_instance()
    assert 0.5 < world.clock.monotonic() - begun < scene.recoveries.last.bound


def test_a_look_before_anything_reacted_proves_nothing(scene: Scene, world: FakeWorld) -> None:
    """The entry of what has just been killed still stands."""
    everywhere(world, "never restarted", "database")
    scene.inject(CONTAINER_KILL, "database")
    with pytest.raises(AssertionError, match="missing: database nowhere:3306"):
        scene.invariants.expect_one_entry_per_instance()


def test_routing_from_before_anything_reacted_proves_nothing(
    scene: Scene, world: FakeWorld
) -> None:
    """The load balancer has what will never be announced again, and keeps it."""
    for each in SET.main_units(SET.service("web server")):
        world.never("announced", each.name)
    scene.inject(CONTAINER_KILL, "web server")
    world.never("rendered", unit("load balancer").name)
    with pytest.raises(AssertionError, match="routed, not announced: webserver_"):
        scene.invariants.expect_routing_equals_discovery()


def test_what_is_no_longer_renewed_has_the_longest_lease_to_go(
    scene: Scene, time_terms: TimeTerms, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def await_verdict(
        look: Callable[[Snapshot], Verdict], _: object, *, timeout: float, **__: object
    ) -> Verdict:
        given.append(clock.monotonic() + timeout - scene.recoveries.over)
        return look(scene.running.snapshot())

    monkeypatch.setattr(scene.running, "await_verdict", await_verdict)
    scene.inject(CONTAINER_KILL, "cache")
    scene.invariants.expect_one_entry_per_instance()
    assert given == [pytest.approx(time_terms.longest_lease.seconds + 1.0)]


@pytest.mark.parametrize("kind", [SERVICE_STOP, CONTAINER_PAUSE], ids=str)
def test_what_a_fault_keeps_away_is_rightly_gone(scene: Scene, kind: FaultKind) -> None:
    scene.inject(kind, "web server")
    scene.invariants.expect_one_entry_per_instance()
    scene.invariants.expect_routing_equals_discovery()
    scene.undo_last()
    scene.invariants.expect_one_entry_per_instance()
    scene.invariants.expect_routing_equals_discovery()


def test_what_a_fault_keeps_away_may_not_stay_announced(scene: Scene, world: FakeWorld) -> None:
    everywhere(world, "keeps announcing", "cache")
    scene.inject(CONTAINER_PAUSE, "cache")
    with pytest.raises(AssertionError, match="ghost: /services/cache/"):
        scene.invariants.expect_one_entry_per_instance()


def test_what_was_judged_is_on_the_timeline(scene: Scene) -> None:
    scene.invariants.expect_one_entry_per_instance()
    scene.invariants.expect_quorum()
    events = scene.running.timeline.events(CheckJudged)
    assert [(event.name, event.outcome, event.final) for event in events] == [
        (ONE_ENTRY, "passed", False),
        ("etcd keeps its quorum", "passed", False),
    ]


def test_a_ghost_is_no_entry_of_an_instance(scene: Scene, world: FakeWorld) -> None:
    where = world.machines[scene.running.machine_of(WEB)]
    world.etcd.announce("webserver", where, 9999)
    begun = world.clock.monotonic()
    with pytest.raises(AssertionError, match=r"ghost: /services/webserver/.* = .*:9999"):
        scene.invariants.expect_one_entry_per_instance()
    # nothing is under way that could still end it
    assert world.clock.monotonic() == begun


def test_an_instance_without_an_entry(scene: Scene, world: FakeWorld) -> None:
    for each in SET.main_units(SET.service("web server")):
        world.never("announced", each.name)
    scene.inject(CONTAINER_KILL, "web server")
    world.clock.advance(1.0)
    with pytest.raises(AssertionError, match="missing: webserver "):
        scene.invariants.expect_one_entry_per_instance()


def test_routing_that_does_not_follow(scene: Scene, world: FakeWorld) -> None:
    world.never("rendered", unit("load balancer").name)
    where = world.machines[scene.running.machine_of(WEB)]
    world.etcd.announce("webserver", where, 9999)
    with pytest.raises(AssertionError, match=r"announced, not routed: webserver_.*_9999"):
        scene.invariants.expect_routing_equals_discovery()


def test_a_load_balancer_that_should_answer_and_does_not(scene: Scene, world: FakeWorld) -> None:
    """Nothing is announced and nothing answers: that is no equality."""
    for each in SET.main_units(SET.service("web server")):
        scene.running.cluster.fleet.stop(each.name)
    balancer = unit("load balancer")
    machine_of(scene.running, balancer).check(f"docker pause {balancer.container}")
    world.clock.advance(10.0)
    with pytest.raises(AssertionError, match="no load balancer is announced"):
        scene.invariants.expect_routing_equals_discovery()


def test_routing_while_the_load_balancer_is_kept_away_is_not_judged(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "load balancer")
    scene.invariants.expect_routing_equals_discovery()
    assert scene.invariants.routing().outcome == "not awaited"


def test_a_server_that_is_not_checked_is_not_routed_to(scene: Scene, world: FakeWorld) -> None:
    world.defect("no check", "load balancer")
    scene.inject(CONTAINER_KILL, "web server")
    with pytest.raises(AssertionError, match=r"announced, no check: webserver_"):
        scene.invariants.expect_routing_equals_discovery()


def test_a_container_that_a_returned_machine_starts_again(scene: Scene, world: FakeWorld) -> None:
    scene.ensure_apart("web server", ["database"])
    scene.inject(MACHINE_LOSS, "web server")
    lost = scene.recoveries.last.machine
    world.defect("containers revive", lost)
    scene.await_stage(RUNNING)
    scene.undo_last()
    with pytest.raises(AssertionError, match=r"runs on core-\d and core-\d") as failure:
        scene.invariants.expect_no_unit_runs_twice()
    assert lost in str(failure.value)


def test_a_container_that_is_ended_in_time_is_no_second_one(scene: Scene, world: FakeWorld) -> None:
    scene.ensure_apart("web server", ["database"])
    scene.inject(MACHINE_LOSS, "web server")
    world.defect("containers revive", scene.recoveries.last.machine, value=4.5)
    scene.await_stage(RUNNING)
    scene.undo_last()
    scene.invariants.expect_no_unit_runs_twice()


def test_etcd_has_the_time_of_an_election(scene: Scene) -> None:
    scene.cluster.provider.kill(scene.running.leader())
    assert not scene.running.discovery.has_quorum()
    scene.invariants.expect_quorum()


def test_etcd_without_a_quorum(scene: Scene) -> None:
    for machine in scene.cluster.machines[:2]:
        scene.cluster.provider.kill(machine)
    with pytest.raises(AssertionError, match=r"waited 3\.0 s for etcd to answer with a quorum"):
        scene.invariants.expect_quorum()


def test_what_cannot_be_asked_is_no_failure_of_the_product(scene: Scene) -> None:
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    with pytest.raises(WaitTimeout, match="last seen: DiscoveryError: no member of etcd answered"):
        scene.invariants.expect_one_entry_per_instance()


@pytest.mark.parametrize("unable", [True, False])
def test_what_was_wrong_before_nobody_could_be_asked_is_no_verdict(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, unable: bool
) -> None:
    def await_verdict(look: Callable[[Snapshot], Verdict], *_: object, **__: object) -> Verdict:
        if unable:
            look(scene.running.snapshot())
        raise WaitTimeout("an answer", 1.0, "none", (), unable=unable)

    monkeypatch.setattr(scene.running, "await_verdict", await_verdict)
    with pytest.raises(WaitTimeout, match="an answer"):
        scene.invariants.expect_one_entry_per_instance()


def test_a_machine_that_cannot_be_asked_is_named(scene: Scene, world: FakeWorld) -> None:
    world.isolate(world.machines["core-2"])
    begun = world.clock.monotonic()
    with pytest.raises(CnaError, match="Docker does not answer on core-2"):
        scene.invariants.expect_no_unit_runs_twice()
    assert world.clock.monotonic() - begun == pytest.approx(60.0, abs=0.5)


def test_a_machine_without_power_runs_nothing(scene: Scene) -> None:
    scene.cluster.provider.kill(scene.cluster.machine("core-2"))
    scene.invariants.expect_no_unit_runs_twice()


def test_an_observer_that_ended_ends_the_wait(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended() -> None:
        raise ZeroDivisionError("of an observer")

    monkeypatch.setattr(scene.running.units, "alive", ended)
    with pytest.raises(ZeroDivisionError):
        scene.invariants.expect_one_entry_per_instance()
    assert machine_of(scene.running, WEB)
