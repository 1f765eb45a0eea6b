"""Scenarios on a simulated cluster: what is done, what has to follow, and what is said when not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, unit

from pytest_cna.core.errors import CapabilityMissing, CnaError, ConfigurationError, WaitTimeout
from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS, SERVICE_START, SERVICE_STOP
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.scenario.scene import Scene
from pytest_cna.testing import FakeProvider, simulated_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.testing import FakeWorld


def stages_of_last(scene: Scene) -> dict[str, float | None]:
    return scene.recoveries.stages(scene.recoveries.last)


@pytest.mark.parametrize("called", ["cache", "web server", "database", "load balancer"])
def test_a_killed_container_is_back_within_every_bound(scene: Scene, called: str) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, called)
    recovery = scene.recoveries.last
    for stage in recovery.bounds:
        scene.await_stage(stage)
    reached = [after for after in stages_of_last(scene).values() if after is not None]
    assert list(recovery.bounds) == list(stages_of_last(scene))
    assert len(reached) == len(recovery.bounds)


def test_customers_of_two_web_servers_notice_nothing_of_one(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "web server")
    scene.await_stage("serving")
    scene.expect_no_request_failed()
    scene.at_work.expect_no_record_lost()
    scene.invariants.expect_one_entry_per_instance()


def test_customers_notice_that_the_database_is_gone(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "database")
    scene.await_stage("serving")
    with pytest.raises(AssertionError, match=r"requests failed .*\s+-0\.\d\d s .*HTTP 500"):
        scene.expect_no_request_failed()


def test_a_stopped_service_goes_and_comes_back(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(SERVICE_STOP, "web server")
    scene.await_stage("withdrawn")
    scene.await_stage("unrouted")
    hit = scene.recoveries.last.unit
    scene.undo(SERVICE_STOP, "web server")
    assert (scene.recoveries.last.kind, scene.recoveries.last.unit) == (SERVICE_START, hit)
    for stage in ("announced", "routed", "serving"):
        scene.await_stage(stage)
    scene.expect_no_request_failed()


def test_the_applications_configuration_follows_a_stopped_cache(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    scene.await_configuration(names=False)
    scene.undo_last()
    scene.await_configuration(names=True)
    dropped, named = scene.recoveries.all
    assert scene.recoveries.stages(dropped)["dropped"] is not None
    assert scene.recoveries.stages(named)["named"] is not None


def test_a_lost_machine_is_replaced_and_returns(scene: Scene) -> None:
    scene.ensure_apart("web server", ["load balancer", "database"])
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "web server")
    recovery = scene.recoveries.last
    assert recovery.subject == recovery.machine
    scene.invariants.expect_quorum()
    for stage in ("noticed", "scheduled", "running", "announced", "routed", "serving"):
        scene.await_stage(stage)
    scene.expect_no_request_failed()
    scene.undo(MACHINE_LOSS)
    scene.await_stage("joined")
    scene.invariants.expect_no_unit_runs_twice()
    assert scene.running.machine_of(recovery.unit) != recovery.machine


def test_a_load_balancer_moves_to_a_public_machine(scene: Scene) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage("scheduled")
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
    scene.await_stage("running")
    assert leader not in scene.running.machines_of(there)
    assert [recovery.unit for recovery in scene.recoveries.all] == there
    names = {t.name for t in scene.recoveries.last.bounds["noticed"].terms}
    assert "etcd's election" in names


def test_the_same_instance_is_hit_again(scene: Scene) -> None:
    for _ in range(3):
        scene.inject(CONTAINER_KILL, "web server")
        scene.await_stage("routed")
    assert len({recovery.subject for recovery in scene.recoveries.all}) == 1


def test_what_the_deployment_looked_like_before_is_kept(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage("announced")
    first = scene.before
    scene.inject(CONTAINER_KILL, "cache")
    assert scene.before is first
    assert [each.name for each in first] == ["haproxy.cfg before", "discovery before"]
    assert "server webserver_10.0.0." in first[0].text


# what is said when a stage does not come


def test_an_instance_that_is_never_announced(scene: Scene, world: FakeWorld) -> None:
    cache = unit("cache")
    for each in SET.main_units(SET.service("cache")):
        world.never("announced", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage("running")
    with pytest.raises(BrokenChain) as failure:
        scene.await_stage("announced")
    said = str(failure.value)
    assert "was not announced within its bound" in said
    assert "hangs at etcd: has no entry of port" in said
    assert "Main process exited" in said  # its journal
    assert cache.service.name in said


def test_an_instance_that_is_never_started_again(scene: Scene, world: FakeWorld) -> None:
    for each in SET.main_units(SET.service("cache")):
        world.never("restarted", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match="hangs at systemd: failed/failed, exit-code"):
        scene.await_stage("running")


def test_an_instance_that_comes_too_late(scene: Scene, world: FakeWorld) -> None:
    world.delays.start = 1.7
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(AssertionError, match=r"was running 2\.\d+ s after .*its bound is 1\.\d+ s"):
        scene.await_stage("running")


def test_a_stopped_instance_that_does_not_say_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    world.delays.lease = 60.0
    world.clock.advance(1.0)
    scene.inject(SERVICE_STOP, "web server")
    with pytest.raises(BrokenChain, match=r"hangs at etcd: /services/webserver/") as e:
        scene.await_stage("withdrawn")
    assert e.value.gone


def test_an_end_of_a_lease_is_no_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    scene.inject(SERVICE_STOP, "web server")
    with pytest.raises(AssertionError, match=r"was withdrawn 5\.\d+ s after .* bound is 2\.\d+ s"):
        scene.await_stage("withdrawn")


def test_a_unit_that_is_never_placed_again(scene: Scene, world: FakeWorld) -> None:
    world.never("scheduled", unit("load balancer").name)
    scene.inject(MACHINE_LOSS, "load balancer")
    with pytest.raises(BrokenChain, match="hangs at fleet: wants it launched, placed it on no"):
        scene.await_stage("scheduled")


def test_a_machine_that_does_not_boot_shows_its_console(scene: Scene, world: FakeWorld) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage("scheduled")
    world.delays.boot = 3600.0
    scene.undo_last()
    with pytest.raises(AssertionError, match=r"not joined within its bound[\s\S]*console of core"):
        scene.await_stage("joined")


def test_a_cluster_that_does_not_answer_cannot_be_judged(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    with pytest.raises(WaitTimeout, match=r"to be announced"):
        scene.await_stage("announced")


# what cannot be asked of it


def test_there_has_to_be_a_fault(scene: Scene) -> None:
    with pytest.raises(CnaError, match="no fault was injected yet"):
        scene.await_stage("running")
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
        scene.await_stage("routed")


def test_a_service_that_is_not_there(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match=r"no service is called 'queue' .known: database,"):
        scene.inject(CONTAINER_KILL, "queue")
    with pytest.raises(ConfigurationError, match=r"called 'cahce'; did you mean 'cache'\?$"):
        scene.inject(CONTAINER_KILL, "cahce")


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
        with pytest.raises(CapabilityMissing, match="mains cannot do a machine loss: it lacks pow"):
            scene.inject(MACHINE_LOSS, "cache")
        assert scene.recoveries.all == []


def test_healing_gives_everything_back(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "load balancer")
    lost = scene.recoveries.last.machine
    scene.await_stage("scheduled")
    scene.inject(SERVICE_STOP, "database")
    scene.heal()
    assert scene.cluster.provider.running(scene.cluster.machine(lost))
    scene.ensure_steady()
    sent = len(scene.records())
    scene.running.await_steady_state()
    assert len(scene.records()) == sent  # the customers went home
