"""Faults of one's own, and by the words of the deployment, in a scene."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from freezing import WEB, Freeze, freeze, status
from simulated import CRM, SET, machine_of, shell, unit

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.events.fault import FaultEvent
from pytest_cna.core.fault_kinds import CONTAINER_KILL, CONTAINER_PAUSE, FaultKind
from pytest_cna.core.stages import ANNOUNCED, JOINED, NOTICED, ROUTED, RUNNING, UNROUTED, WITHDRAWN
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.checks import one_entry_per_instance
from pytest_cna.scenario.enforcing import enforce
from pytest_cna.scenario.faults.container import ContainerKill
from pytest_cna.scenario.faults.injected import MARGIN
from pytest_cna.scenario.faults.injector import Faults
from pytest_cna.scenario.faults.target import Target, target_of
from pytest_cna.scenario.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.testing import FakeWorld

CACHE = unit("cache")
CRASH = FaultKind("crash", "container", CONTAINER_KILL.stages, "{} crashed", like=CONTAINER_KILL)


class Crash(ContainerKill):
    """Followed as a kill is."""

    kind = CRASH


class Unbounded(Freeze):
    kind = FaultKind("hiccup", "container", (RUNNING,), "{} hiccuped")


# by the words of the deployment


def test_every_fault_by_the_words_of_the_deployment(scene: Scene) -> None:
    faults = Faults(scene)
    faults.kill_container("cache")
    scene.await_stage(ANNOUNCED)
    faults.inject("container kill", "cache")
    scene.await_stage(ANNOUNCED)
    faults.stop_service("web server")
    scene.await_stage(UNROUTED)
    faults.undo()
    scene.await_stage(ROUTED)
    faults.lose_machine_of("load balancer")
    scene.await_stage(ANNOUNCED)
    faults.undo()
    scene.await_stage(JOINED)
    faults.lose_machine_of_leader()
    scene.await_stage(NOTICED)
    kinds = list(dict.fromkeys((each.kind.name, each.since) for each in scene.recoveries.all))
    assert [name for name, _ in kinds] == [
        "container kill",
        "container kill",
        "service stop",
        "service start",
        "machine loss",
        "machine return",
        "machine loss",
    ]
    with pytest.raises(ConfigurationError, match=r"no kind of fault is called 'flood' .known: "):
        faults.inject("flood", "cache")
    with pytest.raises(ConfigurationError, match="no fault of the catalogue is a 'service start'"):
        faults.inject("service start", "cache")


# one's own


def test_one_without_stages_is_healed_with_the_others(scene: Scene) -> None:
    begun = Faults(scene).inject_fault(freeze(scene.running))
    assert begun.subject == WEB.container
    assert status(scene.running) == "paused"
    assert scene.recoveries.all == []
    scene.heal()
    assert status(scene.running) == "running"


def test_one_with_stages_and_without_bounds_is_refused_before_anything_is_done(
    scene: Scene,
) -> None:
    with pytest.raises(ConfigurationError, match=r"'hiccup' has stages \(running\) but no bounds"):
        scene.inject_fault(freeze(scene.running, Unbounded))
    assert status(scene.running) == "running"
    assert scene.running.timeline.events(FaultEvent) == []
    assert scene.before == []
    assert not [c for c in shell(machine_of(scene.running, WEB)).ran if "systemd-run" in c]


def test_one_whose_target_is_no_unit_has_nothing_to_follow(scene: Scene) -> None:
    fault = Crash(scene.cluster, "somebody.elses", scene.running.machine_of(WEB))
    with pytest.raises(ConfigurationError, match=r"its target is no main unit of the deployment"):
        scene.inject_fault(fault)
    assert scene.running.timeline.events(FaultEvent) == []


def test_one_that_is_like_another_is_followed(scene: Scene) -> None:
    scene.inject_fault(freeze(scene.running, Crash))
    recovery = scene.recoveries.last
    assert (recovery.kind, recovery.unit, recovery.subject) == (CRASH, WEB, WEB.container)
    assert list(recovery.bounds) == [*CONTAINER_KILL.stages]
    for stage in (NOTICED, RUNNING, ANNOUNCED, ROUTED):
        assert scene.await_stage(stage).passed


def test_one_may_have_a_unit_of_the_deployment_as_its_target(scene: Scene) -> None:
    target = target_of(CACHE, scene.running.machine_of(CACHE))
    scene.inject_fault(Crash(scene.cluster, target))
    assert scene.recoveries.last.unit == CACHE
    scene.await_stage(RUNNING)


def test_one_may_hit_a_machine_and_what_is_on_it_is_not_followed(scene: Scene) -> None:
    class Net(Freeze):
        kind = FaultKind("net", "machine", (), "{}")

        def do(self) -> None:
            """Nothing."""

        undo = do
        dead_man = ""

    scene.inject_fault(Net(scene.cluster, Target(("core-1", "core-2"))))
    (event, *_) = scene.running.timeline.events(FaultEvent)
    assert (event.target, event.machine) == ("core-1, core-2", "core-1")
    assert scene.recoveries.all == []


def test_one_may_keep_its_instance_away(scene: Scene) -> None:
    """Until it is undone nothing is demanded of it."""

    class Swoon(Freeze):
        kind = FaultKind(
            "swoon", "container", (WITHDRAWN, UNROUTED), "{}", gone=True, like=CONTAINER_PAUSE
        )

    scene.inject_fault(freeze(scene.running, Swoon))
    scene.await_stage(UNROUTED)
    scene.invariants.expect_one_entry_per_instance()
    scene.invariants.expect_routing_equals_discovery()
    scene.undo_last()
    with pytest.raises(AssertionError, match="missing: webserver 10"):
        enforce(one_entry_per_instance(SET, scene.running.snapshot()))
    scene.invariants.expect_one_entry_per_instance()


def test_one_elsewhere_does_not_end_a_recovery(scene: Scene) -> None:
    """While a cache recovers, a web server freezes."""
    scene.inject_fault(Crash(scene.cluster, CACHE.container, scene.running.machine_of(CACHE)))
    scene.inject_fault(freeze(scene.running))
    assert scene.recoveries.last.unit == CACHE
    assert scene.await_stage(ANNOUNCED).passed


# guards


@pytest.fixture
def slow_terms(time_terms: TimeTerms, tmp_path: Path) -> TimeTerms:
    """Of load balancers whose confd asks etcd every 300 s."""
    images = []
    for image in SET.images:
        context = tmp_path / image.name
        context.mkdir()
        if image.name == "zurmo_haproxy":
            (context / "run").write_text("confd -interval 300 &\n", encoding="utf-8")
        images.append(replace(image, context=context))
    return replace(time_terms, deployment=replace(SET, images=tuple(images)))


def test_a_pause_lasts_as_long_as_its_bounds(
    running: RunningDeployment, slow_terms: TimeTerms, world: FakeWorld, tmp_path: Path
) -> None:
    """Its machine must not undo it inside a stage that is being judged."""
    scene = Scene(running, CRM, slow_terms, tmp_path, seed=1)
    world.delays.render = 250.0
    scene.inject(CONTAINER_PAUSE, "web server")
    bound = scene.recoveries.last.bounds[UNROUTED].seconds
    assert bound > 300
    machine = running.cluster.machine(scene.recoveries.last.machine)
    (armed,) = (c for c in shell(machine).ran if c.startswith("systemd-run"))
    found = re.search(r"--on-active=(\S+)", armed)
    assert found
    assert float(found[1]) == pytest.approx(bound + MARGIN, abs=0.1)
    assert scene.await_stage(UNROUTED).passed
    assert scene.recoveries.last.unit is not None
    container = scene.recoveries.last.unit.container
    assert world.machines[machine.name].containers[container].status == "paused"
    scene.heal()


def test_what_is_planned_and_what_is_followed_have_the_same_bounds(
    scene: Scene, time_terms: TimeTerms
) -> None:
    scene.inject(CONTAINER_PAUSE, "cache")
    recovery = scene.recoveries.last
    planned = bounds(CONTAINER_PAUSE, recovery.unit, time_terms)
    assert list(recovery.bounds) == list(planned) == [WITHDRAWN]
    # and the time that the command took
    taken = recovery.bounds[WITHDRAWN].seconds - planned[WITHDRAWN].seconds
    assert 0 < taken < 0.2
