"""What a scene hands over to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET

from pytest_cna.core import clock
from pytest_cna.core.errors import ProductFailed
from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP
from pytest_cna.core.stages import ANNOUNCED, RUNNING, SCHEDULED, WITHDRAWN
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.report.scenario import Scenario
from pytest_cna.report.status import FAILED
from pytest_cna.scenario.hand_over import hand_over, look_back, without_scene

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld


def record() -> Scenario:
    return Scenario("Faults", "A fault", [], started=clock.wall())


def names(of: Scenario) -> list[str]:
    return [each.name for each in of.attachments]


def test_a_scenario_without_faults(scene: Scene) -> None:
    found = record()
    look_back(scene, found)
    hand_over(scene, found)
    assert (found.faults, found.diagnosis) == ([], None)
    assert names(found) == [
        "haproxy.cfg",
        "discovery",
        "fleet units",
        "docker ps",
        "journals of the cluster",
    ]


def test_faults_customers_and_what_it_looked_like(scene: Scene) -> None:
    found = record()
    scene.start_customers()
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    look_back(scene, found)
    scene.conclude()
    scene.heal()
    hand_over(scene, found)
    (fault,) = found.faults
    assert fault.kind == "container kill"
    assert [stage.name for stage in fault.stages][:3] == ["noticed", "running", "announced"]
    assert found.traffic is not None
    assert found.traffic.requests > 10
    assert names(found)[:4] == [
        "haproxy.cfg before",
        "discovery before",
        "haproxy.cfg after",
        "discovery after",
    ]
    assert found.diagnosis is None
    journal = found.attachments[-1]
    assert "Main process exited" in journal.text


def test_a_broken_chain_is_a_diagnosis(scene: Scene, world: FakeWorld) -> None:
    for each in SET.main_units(SET.service("cache")):
        world.never("restarted", each.name)
    found = record()
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain):
        scene.await_stage(RUNNING)
    found.status = FAILED
    look_back(scene, found)
    assert found.diagnosis is not None
    assert "systemd" in str(found.diagnosis)


def test_a_chain_that_holds_explains_nothing(scene: Scene, world: FakeWorld) -> None:
    found = record()
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(ANNOUNCED)
    world.clock.advance(1.0)  # the application's configuration names it again
    found.status = FAILED
    look_back(scene, found)
    assert found.diagnosis is None


def test_what_the_record_says_was_late_is_a_diagnosis(scene: Scene, world: FakeWorld) -> None:
    """Of a scenario that failed by something else, such as the audit, before its end."""
    found = record()
    world.delays.start = 4.0
    scene.inject(CONTAINER_KILL, "cache")
    world.clock.advance(30.0)
    scene.inject(CONTAINER_KILL, "web server")
    world.clock.advance(30.0)
    scene.conclude(wait=False)
    found.status = FAILED
    look_back(scene, found)
    assert found.diagnosis is not None
    assert found.diagnosis.unit.startswith("zurmo_memcache@")
    assert found.diagnosis.broken == "Docker"


def test_what_customers_get_without_a_fault_is_a_diagnosis(scene: Scene, world: FakeWorld) -> None:
    found = record()
    scene.start_customers()
    look_back(scene, found)
    assert found.diagnosis is None
    world.defect("errors", "web server", value=1.0)
    world.clock.advance(5.0)
    found.status = FAILED
    look_back(scene, found)
    assert found.diagnosis is not None
    assert found.diagnosis.broken == "application"


def fail_a_promise(scene: Scene) -> Scenario:
    """No request was to fail after the stop of a web server, and some did."""
    found = record()
    scene.start_customers()
    scene.inject(SERVICE_STOP, "web server")
    scene.await_stage(WITHDRAWN)
    return found


def give_up(scene: Scene, found: Scenario) -> None:
    with pytest.raises(ProductFailed):
        scene.expect_no_request_failed()
    scene.conclude(wait=False)
    found.status = FAILED
    look_back(scene, found)


def test_requests_that_instances_answer_wrongly(scene: Scene, world: FakeWorld) -> None:
    """The chain of what was hit holds, and every other one; the answers say whose they are."""
    found = fail_a_promise(scene)
    world.defect("errors", "web server", value=3.0, lasting=1.0)
    world.clock.advance(10.0)
    give_up(scene, found)
    assert found.diagnosis is not None
    assert found.diagnosis.broken == "application"
    assert found.diagnosis.unit != scene.recoveries.last.name  # it was stopped
    assert "customers got from instances: HTTP 503 " in found.diagnosis.sentence


def test_requests_that_fail_while_another_chain_is_broken(scene: Scene, world: FakeWorld) -> None:
    """One that no fault has hit: its configuration does not name a cache."""
    found = fail_a_promise(scene)
    world.defect("errors", "web server", value=3.0, lasting=1.0)
    for each in SET.main_units(SET.service("cache")):
        world.never("announced", each.name)
    for entry in scene.running.discovery.entries("cache"):
        world.etcd.withdraw(entry)
    world.clock.advance(10.0)
    give_up(scene, found)
    assert found.diagnosis is not None
    assert (found.diagnosis.unit[:14], found.diagnosis.broken) == ("zurmo_memcache", "etcd")


def test_an_instance_that_should_be_gone(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    found = record()
    scene.inject(SERVICE_STOP, "cache")
    found.status = FAILED
    look_back(scene, found)
    assert found.diagnosis is not None
    assert "etcd" in str(found.diagnosis)


def test_a_machine_without_power_says_so(scene: Scene) -> None:
    found = record()
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    look_back(scene, found)
    shown = next(each for each in found.attachments if each.name == "docker ps")
    assert f"{scene.recoveries.last.machine}:\nhas no power" in shown.text
    scene.heal()
    hand_over(scene, found)
    assert found.faults[0].machine == scene.recoveries.last.machine


def test_a_deployment_that_did_not_come_to_rest(running: RunningDeployment) -> None:
    found = record()
    without_scene(running.cluster, found)
    assert names(found) == ["fleet units", "docker ps", "journals of the cluster"]
    assert "zurmo_apache@8001.service" in found.attachments[0].text
