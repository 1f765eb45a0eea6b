"""At the end of a scenario everything is judged again, over the whole record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, unit

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.events.verdict import CheckJudged, StageJudged
from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, SERVICE_STOP
from pytest_cna.core.stages import ANNOUNCED, DROPPED, NOTICED, ROUTED, RUNNING, SERVING, WITHDRAWN
from pytest_cna.judgement.checks import NOT_TWICE, ONE_ENTRY, ROUTING
from pytest_cna.judgement.collateral import UNHARMED
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.judgement.failed_requests import NO_FAILURE
from pytest_cna.judgement.verdicts import StageVerdict, Verdict

if TYPE_CHECKING:
    from pytest_cna.judgement.verdicts import Outcome
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

WEB, CACHE, BALANCER = unit("web server"), unit("cache"), unit("load balancer")


def checks(scene: Scene) -> dict[str, Outcome]:
    """Name → outcome, of what was judged at the end beside stages."""
    return {check.name: check.outcome for check in scene.verdicts}


def everywhere(world: FakeWorld, defect: str, called: str) -> None:
    for each in SET.main_units(SET.service(called)):
        world.defect(defect, each.name)


# nothing wrong


def test_a_scenario_without_a_fault(scene: Scene) -> None:
    assert scene.conclude() == []
    scene.conclusion.enforce()


def test_every_stage_is_judged_whether_a_step_asked_or_not(scene: Scene) -> None:
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "web server")
    begun = clock.monotonic()
    found = scene.conclude()
    stages = [each for each in found if isinstance(each, StageVerdict)]
    assert [each.stage for each in stages] == [*CONTAINER_KILL.stages]
    assert all(each.passed for each in found)
    assert checks(scene) == {
        ONE_ENTRY: "passed",
        NOT_TWICE: "passed",
        ROUTING: "passed",
        UNHARMED: "passed",
    }
    # it waited for the recovery, and no longer
    assert 1.0 < clock.monotonic() - begun < scene.recoveries.last.bound
    scene.conclusion.enforce()


def test_customers_have_gone_home_before_it_is_judged(scene: Scene, world: FakeWorld) -> None:
    scene.start_customers()
    scene.conclude()
    sent = len(scene.records())
    world.clock.advance(5.0)
    assert len(scene.records()) == sent


def test_it_is_judged_once(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    found = scene.conclude()
    machine_of(scene.running, CACHE).check(f"docker kill {CACHE.container}")
    world.clock.advance(0.2)
    assert scene.conclude() == found
    scene.conclusion.enforce()


def test_verdicts_are_on_the_timeline(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(RUNNING)
    scene.conclude()
    timeline = scene.running.timeline
    told = [(event.stage, event.final) for event in timeline.events(StageJudged)]
    seen = ["noticed", "running", "announced"]
    assert told == [("running", False), *((name, True) for name in seen)]
    final = [event.name for event in timeline.events(CheckJudged) if event.final]
    assert set(final) == checks(scene).keys()
    assert {event.outcome for event in timeline.events(StageJudged)} == {"passed"}


# what is found out at the end


def test_a_request_that_failed_after_the_step_fails_the_scenario(scene: Scene) -> None:
    """The step is right when it is said: nobody has waited in vain yet."""
    scene.start_customers()
    scene.inject(CONTAINER_PAUSE, "load balancer")
    scene.expect_no_request_failed()
    scene.conclude()
    assert checks(scene)[NO_FAILURE] == "failed"
    with pytest.raises(ProductFailed, match=r"requests failed .*judged at the end of the scenario"):
        scene.conclusion.enforce()


def test_a_record_that_is_lost_after_the_step_fails_the_scenario(
    scene: Scene, world: FakeWorld
) -> None:
    customers = scene.start_customers()
    customers.await_created(3, "accounts")
    scene.expect_no_record_lost()
    world.lost.update(record.created for record in customers.records() if record.created)
    with pytest.raises(ProductFailed, match=r"acknowledged accounts are lost"):
        scene.conclusion.enforce()


def test_a_stage_that_no_step_asked_for_fails_the_scenario(scene: Scene, world: FakeWorld) -> None:
    everywhere(world, "never announced", "cache")
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(RUNNING)
    with pytest.raises(BrokenChain, match=r"was not announced within its bound[\s\S]*at etcd: has"):
        scene.conclusion.enforce()


def test_a_stage_that_is_lost_after_its_step_fails_the_scenario(
    scene: Scene, world: FakeWorld
) -> None:
    world.defect("dies after start", "cache", value=4.5)
    scene.inject(CONTAINER_KILL, "cache")
    for stage in (NOTICED, RUNNING, ANNOUNCED):
        assert scene.await_stage(stage).passed
    world.defect("never restarted", "cache")
    world.clock.advance(6.0)
    with pytest.raises(BrokenChain, match=r"was running after .* and is so no longer since 5\.\d"):
        scene.conclusion.enforce()


def test_the_first_stage_along_the_chain_is_told(scene: Scene, world: FakeWorld) -> None:
    everywhere(world, "never restarted", "cache")
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match="was not running within its bound"):
        scene.conclusion.enforce()


def test_what_a_step_has_said_is_not_said_again(scene: Scene, world: FakeWorld) -> None:
    everywhere(world, "never announced", "cache")
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain):
        scene.await_stage(ANNOUNCED)
    found = scene.conclude(wait=False)
    assert [v.stage for v in found if isinstance(v, StageVerdict) and not v.passed] == [ANNOUNCED]
    scene.conclusion.enforce()


def test_what_no_fault_hit_has_to_stay(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    hit = scene.recoveries.last.unit
    (other,) = (each for each in SET.main_units(SET.service("cache")) if each != hit)
    scene.await_stage(ANNOUNCED)
    mine = next(
        e for e in scene.running.discovery.entries("cache") if other.announces("cache", e.port)
    )
    world.etcd.withdraw(mine)
    scene.conclude()
    assert checks(scene)[UNHARMED] == "failed"
    with pytest.raises(ProductFailed, match=r"what no fault hit was withdrawn[\s\S]*was withdrawn"):
        scene.conclusion.enforce()


def test_an_entry_too_many_at_the_end(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    world.delays.lease = 3600.0
    world.etcd.announce("webserver", world.machines[scene.running.machine_of(WEB)], 9999)
    with pytest.raises(ProductFailed, match=r"discovery entries are not those[\s\S]*ghost: "):
        scene.conclusion.enforce()


# what is away, and what is open


def test_what_is_kept_away_at_the_end_is_not_missed(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "cache")
    scene.await_stage(DROPPED)
    scene.conclude()
    assert set(checks(scene).values()) == {"passed"}
    scene.conclusion.enforce()


def test_the_only_load_balancer_that_is_kept_away_routes_nothing(scene: Scene) -> None:
    scene.inject(SERVICE_STOP, "load balancer")
    scene.await_stage(WITHDRAWN)
    scene.conclude()
    assert checks(scene)[ROUTING] == "not awaited"
    scene.conclusion.enforce()


def test_without_waiting_what_is_open_is_not_awaited(scene: Scene) -> None:
    """As after a step that failed: the cluster is not asked."""
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "web server")
    begun = clock.monotonic()
    found = scene.conclude(wait=False)
    outcomes = {v.stage: v.outcome for v in found if isinstance(v, StageVerdict)}
    assert outcomes == {
        NOTICED: "passed",
        RUNNING: "not awaited",
        ANNOUNCED: "not awaited",
        ROUTED: "not awaited",
        SERVING: "not awaited",
    }
    assert checks(scene) == {UNHARMED: "passed"}
    assert clock.monotonic() - begun < 1.0


def test_what_comes_after_the_end_does_not_count(scene: Scene, world: FakeWorld) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    recovery = scene.recoveries.last
    scene.conclude(wait=False)
    world.clock.advance(10.0)
    verdicts = {each.stage: each for each in scene.recoveries.judge(recovery)}
    assert verdicts[RUNNING].outcome == "not awaited"
    assert verdicts[RUNNING].after is None


# what nobody could judge


def test_a_cluster_that_cannot_be_asked_at_the_end_is_broken(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    with pytest.raises(CnaError):
        scene.conclusion.enforce()
    assert "unknown" in checks(scene).values()


@pytest.mark.parametrize("healed", [True, False])
def test_a_fault_that_its_machine_undid_cannot_be_judged(
    scene: Scene, world: FakeWorld, healed: bool
) -> None:
    """What came back then is no failure of the product."""
    scene.inject(CONTAINER_PAUSE, "cache")
    scene.await_stage(WITHDRAWN)
    world.clock.advance(300.0)
    if healed:
        scene.undo_last()
        scene.await_stage(ANNOUNCED)
    with pytest.raises(
        CnaError, match=r"a machine itself had undone the container pause of zurmo_m"
    ):
        scene.conclusion.enforce()
    stages = {v.stage: v.outcome for v in scene.recoveries.judge(scene.recoveries.all[0])}
    assert stages == {WITHDRAWN: "passed"}
    assert set(checks(scene).values()) == {"passed", "unknown"}


def test_a_failure_is_told_before_what_nobody_could_judge(scene: Scene) -> None:
    good, bad, unseen = (
        Verdict("passed", "fine", name="good"),
        Verdict("failed", "it is wrong", ("here",), "bad"),
        Verdict("unknown", "nobody looked", name="unseen"),
    )
    for verdict in (good, unseen, bad):
        scene.conclusion.promise(verdict.name, lambda verdict=verdict: verdict)  # type: ignore[misc]
    assert scene.conclude() == [good, unseen, bad]
    with pytest.raises(
        ProductFailed, match=r"^it is wrong \(judged at the end of the scenario\)\n  h"
    ):
        scene.conclusion.enforce()


def test_a_promise_that_cannot_be_asked_is_unknown(scene: Scene) -> None:
    def broken() -> Verdict:
        raise CnaError("no answer")

    def failed() -> Verdict:
        raise ProductFailed("it refuses")

    scene.conclusion.promise("first", broken)
    scene.conclusion.promise("second", failed)
    assert scene.conclude() == [
        Verdict("unknown", "no answer", name="first"),
        Verdict("failed", "it refuses", name="second"),
    ]


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
