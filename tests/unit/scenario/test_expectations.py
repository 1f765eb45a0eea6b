"""What your own tests expect after a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CnaError
from pytest_cna.scenario.expectations import Expect
from pytest_cna.scenario.faults.injector import Faults

if TYPE_CHECKING:
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld


@pytest.fixture
def faults(scene: Scene) -> Faults:
    return Faults(scene)


@pytest.fixture
def expect(scene: Scene) -> Expect:
    return Expect(scene)


def test_a_whole_recovery_without_customers(scene: Scene, faults: Faults, expect: Expect) -> None:
    faults.kill_container("web server")
    expect.recovery.within_bound()
    verdicts = scene.recoveries.judge(scene.recoveries.last)
    seen = [verdict.stage.name for verdict in verdicts]
    assert seen == ["noticed", "running", "announced", "routed"]  # nobody sees it serving
    assert all(verdict.passed for verdict in verdicts)


def test_a_whole_recovery_with_customers(scene: Scene, faults: Faults, expect: Expect) -> None:
    scene.start_customers()
    faults.kill_container("web server")
    expect.recovery.within_bound()
    verdicts = scene.recoveries.judge(scene.recoveries.last)
    assert len(verdicts) == len(scene.recoveries.last.bounds)
    assert all(verdict.passed for verdict in verdicts)


def test_a_stop_and_a_start(scene: Scene, faults: Faults, expect: Expect) -> None:
    faults.stop_service("cache")
    expect.recovery.within_bound()
    assert scene.running.discovery.entries("cache")[1:] == []
    faults.undo()
    expect.recovery.within_bound()
    assert len(scene.running.discovery.entries("cache")) == 2


def test_stage_by_stage(scene: Scene, faults: Faults, expect: Expect) -> None:
    scene.start_customers()
    faults.lose_machine_of("web server")
    for expectation in (
        expect.noticed,
        expect.scheduled,
        expect.running,
        expect.announced,
        expect.routed,
        expect.serving,
    ):
        expectation.within_bound()
    faults.undo()
    expect.joined.within_bound()
    faults.stop_service("web server")
    expect.withdrawn.within_bound()
    expect.unrouted.within_bound()
    assert len(scene.running.load_balancer().servers("webserver_nodes")) == 1


def test_one_that_is_missed(faults: Faults, expect: Expect, world: FakeWorld) -> None:
    world.delays.start = 60.0
    faults.kill_container("cache")
    expect.noticed.within_bound()
    with pytest.raises(AssertionError, match="was not running within its bound"):
        expect.recovery.within_bound()


def test_only_stages_can_be_expected(expect: Expect) -> None:
    with pytest.raises(AttributeError, match="no stage 'healed' to expect; the stages are noticed"):
        _ = expect.healed
    assert {"recovery", "noticed", "joined"} <= set(dir(expect))


def test_there_has_to_be_a_fault_with_such_a_stage(faults: Faults, expect: Expect) -> None:
    with pytest.raises(CnaError, match="no fault was injected yet"):
        expect.recovery.within_bound()
    faults.kill_container("cache")
    with pytest.raises(CnaError, match="has no stage 'joined' after a container kill"):
        expect.joined.within_bound()
