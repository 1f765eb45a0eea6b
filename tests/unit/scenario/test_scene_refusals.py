"""What cannot be asked of a scene, and what it gives back in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET

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
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
)
from pytest_cna.scenario.scene import Scene
from pytest_cna.testing import FakeProvider, simulated_deployment

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.terms import TimeTerms


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
