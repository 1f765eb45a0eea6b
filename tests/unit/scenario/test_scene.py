"""Scenarios on a simulated cluster: what is done, what has to follow, and what is said when not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, unit

from pytest_cna.core.errors import CapabilityMissing, CnaError, ConfigurationError
from pytest_cna.core.events.fault import FaultEvent
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    DROPPED,
    JOINED,
    NAMED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
    Stage,
)
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.scenario.scene import Scene
from pytest_cna.testing import FakeProvider, simulated_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.testing import FakeWorld


def reached(scene: Scene) -> dict[Stage, float | None]:
    """Of the last recovery, seconds after the fault."""
    verdicts = scene.recoveries.judge(scene.recoveries.last)
    return {verdict.stage: verdict.after for verdict in verdicts}


@pytest.mark.parametrize("called", ["cache", "web server", "database", "load balancer"])
def test_a_killed_container_is_back_within_every_bound(scene: Scene, called: str) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, called)
    recovery = scene.recoveries.last
    for stage in recovery.bounds:
        scene.await_stage(stage)
    assert list(reached(scene)) == list(recovery.bounds)
    assert None not in reached(scene).values()


def test_customers_of_two_web_servers_notice_nothing_of_one(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "web server")
    scene.await_stage(SERVING)
    scene.expect_no_request_failed()
    scene.at_work.expect_no_record_lost()
    scene.invariants.expect_one_entry_per_instance()


def test_customers_notice_that_the_database_is_gone(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "database")
    scene.await_stage(SERVING)
    with pytest.raises(AssertionError, match=r"requests failed .*\s+-0\.\d\d s .*HTTP 500"):
        scene.expect_no_request_failed()


def test_a_stopped_service_goes_and_comes_back(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(SERVICE_STOP, "web server")
    scene.await_stage(WITHDRAWN)
    scene.await_stage(UNROUTED)
    hit = scene.recoveries.last.unit
    scene.undo(SERVICE_STOP, "web server")
    assert (scene.recoveries.last.kind, scene.recoveries.last.unit) == (SERVICE_START, hit)
    for stage in (ANNOUNCED, ROUTED, SERVING):
        scene.await_stage(stage)
    scene.expect_no_request_failed()


def test_the_applications_configuration_follows_a_stopped_cache(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    assert scene.await_stage(DROPPED).passed
    scene.undo_last()
    assert scene.await_stage(NAMED).passed
    assert [each.kind for each in scene.recoveries.all] == [SERVICE_STOP, SERVICE_START]


def test_a_lost_machine_is_replaced_and_returns(scene: Scene) -> None:
    scene.ensure_apart("web server", ["load balancer", "database"])
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "web server")
    recovery = scene.recoveries.last
    assert recovery.subject == recovery.machine
    scene.invariants.expect_quorum()
    for stage in (NOTICED, SCHEDULED, RUNNING, ANNOUNCED, ROUTED, SERVING):
        scene.await_stage(stage)
    scene.expect_no_request_failed()
    scene.undo(MACHINE_LOSS)
    scene.await_stage(JOINED)
    scene.invariants.expect_no_unit_runs_twice()
    assert recovery.unit is not None
    assert scene.running.machine_of(recovery.unit) != recovery.machine


def test_a_load_balancer_moves_to_a_public_machine(scene: Scene) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    scene.expect_metadata("public", "true")
    with pytest.raises(AssertionError, match=r"placed on core-\d, whose metadata are .*, not disk"):
        scene.expect_metadata("disk", "fast")


def test_all_units_of_the_leaders_machine_are_placed(scene: Scene) -> None:
    scene.ensure_leader_apart("database")
    leader = scene.running.leader().name
    mains = [each for each in SET.units if each.role == "main"]
    there = [each for each in mains if scene.running.machine_of(each) == leader]
    assert there
    scene.lose_leader()
    scene.await_all_placed()
    scene.await_stage(RUNNING)
    assert leader not in scene.running.machines_of(there)
    assert [recovery.unit for recovery in scene.recoveries.all] == there
    names = {t.name for t in scene.recoveries.last.bounds[NOTICED].terms}
    assert "etcd's election" in names


def test_the_same_instance_is_hit_again(scene: Scene) -> None:
    for _ in range(3):
        scene.inject(CONTAINER_KILL, "web server")
        scene.await_stage(ROUTED)
    assert len({recovery.subject for recovery in scene.recoveries.all}) == 1


def test_what_the_deployment_looked_like_before_is_kept(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    first = scene.before
    scene.inject(CONTAINER_KILL, "cache")
    assert scene.before is first
    assert [each.name for each in first] == ["haproxy.cfg before", "discovery before"]
    assert "server webserver_10.0.0." in first[0].text


# faults during a recovery


def test_what_is_being_recovered_can_be_hit_again(scene: Scene, world: FakeWorld) -> None:
    """It is where fleet placed it, whether it runs or not."""
    scene.inject(CONTAINER_KILL, "web server")
    world.clock.advance(0.3)
    scene.inject(SERVICE_STOP, "web server")
    assert scene.await_stage(WITHDRAWN).passed
    killed, stopped = scene.recoveries.all
    assert killed.instance == stopped.instance
    outcomes = {v.stage: v.outcome for v in scene.recoveries.judge(killed)}
    assert (outcomes[NOTICED], outcomes[RUNNING]) == ("passed", "not awaited")
    with pytest.raises(CnaError, match="was hit again before it had to be running: nothing can be"):
        scene.recoveries.expect(killed, RUNNING)


def test_what_is_paused_and_then_stopped_is_gone_already(scene: Scene) -> None:
    scene.inject(CONTAINER_PAUSE, "web server")
    scene.await_stage(UNROUTED)
    scene.inject(SERVICE_STOP, "web server")
    for stage in (WITHDRAWN, UNROUTED):
        assert scene.await_stage(stage).after == 0


def test_a_fault_elsewhere_leaves_a_recovery_its_time(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.inject(CONTAINER_PAUSE, "web server")
    killed, paused = scene.recoveries.all
    for recovery in (killed, paused):
        for stage in recovery.bounds:
            if scene.recoveries.is_seen(stage):
                assert scene.recoveries.expect(recovery, stage).passed


# what is said when a stage does not come


def test_an_instance_that_is_never_announced(scene: Scene, world: FakeWorld) -> None:
    cache = unit("cache")
    for each in SET.main_units(SET.service("cache")):
        world.never("announced", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(RUNNING)
    with pytest.raises(BrokenChain) as failure:
        scene.await_stage(ANNOUNCED)
    said = str(failure.value)
    assert "was not announced within its bound" in said
    assert "broken at etcd: has no entry of port" in said
    assert "Main process exited" in said  # its journal
    assert cache.service.name in said


def test_an_instance_that_is_never_started_again(scene: Scene, world: FakeWorld) -> None:
    for each in SET.main_units(SET.service("cache")):
        world.never("restarted", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match="broken at systemd: failed/failed, exit-code"):
        scene.await_stage(RUNNING)


def test_an_instance_that_comes_too_late(scene: Scene, world: FakeWorld) -> None:
    """By less than its other terms left unused: it has those of its own."""
    world.delays.start = 2.2
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match=r"was running 2\.[78]\d s after .*its bound is 2\.5\d s"):
        scene.await_stage(RUNNING)


def test_every_part_may_take_its_own_term(scene: Scene, world: FakeWorld) -> None:
    """systemd sees the end of ``docker run`` after the container's death, which is noticed."""
    world.delays.end = 0.95
    scene.inject(CONTAINER_KILL, "cache")
    verdict = scene.await_stage(RUNNING)
    assert verdict.passed
    assert verdict.after is not None
    assert verdict.after > 1.5


def test_a_stopped_instance_that_does_not_say_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    world.delays.lease = 60.0
    world.clock.advance(1.0)
    scene.inject(SERVICE_STOP, "web server")
    with pytest.raises(BrokenChain, match=r"broken at etcd: /services/webserver/") as e:
        scene.await_stage(WITHDRAWN)
    assert e.value.gone


def test_an_end_of_a_lease_is_no_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    scene.inject(SERVICE_STOP, "web server")
    with pytest.raises(AssertionError, match=r"was not withdrawn within its bound after"):
        scene.await_stage(WITHDRAWN)


def test_a_unit_that_is_never_placed_again(scene: Scene, world: FakeWorld) -> None:
    world.never("scheduled", unit("load balancer").name)
    scene.inject(MACHINE_LOSS, "load balancer")
    with pytest.raises(BrokenChain, match="broken at fleet: wants it launched, placed it on no"):
        scene.await_stage(SCHEDULED)


def test_a_machine_that_does_not_boot_shows_its_console(scene: Scene, world: FakeWorld) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    world.delays.boot = 3600.0
    scene.undo_last()
    with pytest.raises(AssertionError, match=r"not joined within its bound[\s\S]*console of core"):
        scene.await_stage(JOINED)


def test_a_cluster_that_does_not_answer_cannot_be_judged(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    with pytest.raises(
        CnaError, match=r"not announced[\s\S]*no link of zurmo_memcache@11211\.serv"
    ):
        scene.await_stage(ANNOUNCED)


# what cannot be asked of it


def test_there_has_to_be_a_fault(scene: Scene) -> None:
    with pytest.raises(CnaError, match="no fault was injected yet"):
        scene.await_stage(RUNNING)
    for undo in (scene.undo_last, lambda: scene.undo(SERVICE_STOP)):
        with pytest.raises(CnaError, match="no fault was injected yet: there is none to undo"):
            undo()


def test_what_is_undone_is_not_undone_again(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    scene.undo_last()
    for undo in (scene.undo_last, lambda: scene.undo(SERVICE_STOP, "cache")):
        with pytest.raises(CnaError, match=r"^the service stop of zurmo_mem.* is undone already"):
            undo()


def test_a_machine_can_be_lost_while_a_unit_is_stopped(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    stopped = scene.recoveries.last
    scene.inject(MACHINE_LOSS, "web server")
    scene.await_all_placed()
    assert all(
        stopped.unit not in scene.running.units_on(each.name) for each in scene.cluster.machines
    )


def test_what_is_undone_has_to_be_the_last_fault(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    with pytest.raises(CnaError, match="no machine loss to undo: the last fault was service stop"):
        scene.undo(MACHINE_LOSS)
    with pytest.raises(CnaError, match="no service stop of web server to undo"):
        scene.undo(SERVICE_STOP, "web server")
    with pytest.raises(CnaError, match="has no stage 'routed' after a service stop; it has notic"):
        scene.await_stage(ROUTED)


def test_a_service_that_is_not_there(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match=r"no service is called 'queue' .known: database,"):
        scene.inject(CONTAINER_KILL, "queue")
    with pytest.raises(ConfigurationError, match=r"called 'cahce'; did you mean 'cache'\?$"):
        scene.inject(CONTAINER_KILL, "cahce")


@pytest.mark.parametrize("kind", [CONTAINER_KILL, CONTAINER_PAUSE], ids=str)
@pytest.mark.parametrize("called", ["application", "configuration"])
def test_a_container_that_never_runs_cannot_be_hit(
    scene: Scene, kind: FaultKind, called: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"a {kind} cannot hit a {called}: its container"):
        scene.inject(kind, called)
    assert scene.running.timeline.events(FaultEvent) == []
    assert scene.recoveries.all == []


def test_a_data_container_can_be_stopped(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "application")
    assert list(scene.recoveries.last.bounds) == [NOTICED]
    assert scene.await_stage(NOTICED).passed
    scene.undo_last()
    assert list(scene.recoveries.last.bounds) == [RUNNING]
    assert scene.await_stage(RUNNING).passed


def test_an_undoing_cannot_be_injected(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match="no fault of the catalogue is a 'service start'"):
        scene.inject(SERVICE_START, "cache")
    assert scene.running.timeline.events(FaultEvent) == []


def test_routing_is_that_of_the_balancer(scene: Scene) -> None:
    scene.expect_routing_equals_discovery("load balancer", "web server")
    with pytest.raises(CnaError, match="no cache routes to a web server"):
        scene.expect_routing_equals_discovery("cache", "web server")
    with pytest.raises(CnaError, match="no load balancer routes to a cache"):
        scene.expect_routing_equals_discovery("load balancer", "cache")


def test_without_customers_nothing_is_said_of_them(
    scene: Scene, running: RunningDeployment, time_terms: TimeTerms, tmp_path: Path
) -> None:
    assert scene.records() == []
    with pytest.raises(CnaError, match="no customers are at work"):
        scene.expect_no_request_failed()
    bare = Scene(running, None, time_terms, tmp_path, seed=1)
    with pytest.raises(CnaError, match=r"deployment\.toml names no application"):
        bare.start_customers()


def test_a_provider_without_power_cuts(time_terms: TimeTerms, tmp_path: Path) -> None:
    class Mains(FakeProvider):
        name = "mains"
        capabilities = frozenset()

    with simulated_deployment(SET, provider=Mains) as running:
        scene = Scene(running, None, time_terms, tmp_path, seed=1)
        with pytest.raises(CapabilityMissing, match="'mains' has no power cut, which a 'machine l"):
            scene.inject(MACHINE_LOSS, "cache")
        assert scene.recoveries.all == []


def test_healing_gives_everything_back(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "load balancer")
    lost = scene.recoveries.last.machine
    scene.await_stage(SCHEDULED)
    scene.inject(SERVICE_STOP, "database")
    scene.heal()
    assert scene.cluster.provider.running(scene.cluster.machine(lost))
    scene.ensure_steady()
    sent = len(scene.records())
    scene.running.await_steady_state()
    assert len(scene.records()) == sent  # the customers went home


def test_a_stage_of_the_configuration_is_looked_at_before_it_is_judged(
    scene: Scene, world: FakeWorld
) -> None:
    """The observer itself looks seldom where looks take long, as if it never did."""
    scene.running.configuration.stop()
    scene.inject(SERVICE_STOP, "cache")
    scene.await_stage(WITHDRAWN)
    own = scene.recoveries.last.bounds[DROPPED].own_seconds
    world.clock.advance(own + 2.0)  # its time is over
    assert scene.await_stage(DROPPED).passed


def test_the_end_of_a_scenario_looks_at_the_configuration(scene: Scene, world: FakeWorld) -> None:
    scene.running.configuration.stop()
    scene.inject(SERVICE_STOP, "cache")
    scene.conclude()
    outcomes = {v.stage: v.outcome for v in scene.recoveries.judge(scene.recoveries.last)}
    assert outcomes[DROPPED] == "passed"
