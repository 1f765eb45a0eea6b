"""One link of the chain broken, everything else healthy: the diagnosis names that link first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_deployments import application, deployment

from pytest_cna.cluster.measuring import measure
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.links import (
    APPLICATION,
    CONFIGURATION,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
    Link,
)
from pytest_cna.core.stages import NOTICED, SERVING
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.scene import Scene
from pytest_cna.testing import FakeProvider, simulated_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.testing import FakeWorld

GOING = (SERVICE_STOP, CONTAINER_PAUSE)
RETURNING = (CONTAINER_KILL, SERVICE_START, CONTAINER_RESUME, MACHINE_LOSS)
BEFORE = {SERVICE_START: SERVICE_STOP, CONTAINER_RESUME: CONTAINER_PAUSE}
"""What is undone by a kind."""


def break_link(
    world: FakeWorld, made: Deployment, link: Link, unit: DeployedUnit, gone: bool
) -> None:
    mains = [each for each in made.units if each.role == "main"]
    balancers = [each.name for each in mains if each.service.stats_port]
    if link in SIMPLE:
        world.defect(SIMPLE[link], unit.name)
    elif link is REGISTRY and gone:
        sidekick = made.sidekick_of(unit)
        world.defect("long lease", unit.name, value=600.0)
        world.clock.advance(1.5)
        world.defect("never withdrawn", sidekick.name if sidekick else unit.name)
        world.defect("keeps announcing", unit.name)
    elif link is REGISTRY:
        world.defect("never announced", unit.name)
    elif link is ROUTER:
        for name in balancers:
            world.defect("never reloaded", name)
            world.defect("checks pass" if gone else "checks fail", name)
    else:
        for name in (*balancers, *(each.name for each in mains if each.service.code)):
            world.defect("never rendered", name)


SIMPLE = {
    SCHEDULER: "never scheduled",
    SUPERVISOR: "never running",
    ENGINE: "no container",
    APPLICATION: "mute",
}


def links(made: Deployment, unit: DeployedUnit, kind: FaultKind) -> Iterator[Link]:
    """Those whose break has to be noticed after a fault of ``kind``."""
    gone, service = kind in GOING, unit.service
    if kind.moves:
        yield SCHEDULER
    if not gone and kind is not CONTAINER_RESUME:
        yield from (SUPERVISOR, ENGINE)
    if not service.announced:
        return
    if not gone:
        yield APPLICATION
    if made.sidekick_of(unit) or not gone:
        yield REGISTRY
    if service.backend:
        yield ROUTER
        if kind in {SERVICE_START, CONTAINER_RESUME, MACHINE_LOSS}:
            # else the text that confd writes stays the same, or HAProxy's own checks do its work
            yield RENDERER
    elif kind.configures and not service.stats_port and _is_configured(made):
        yield CONFIGURATION


def _is_configured(made: Deployment) -> bool:
    return any(unit.service.code for unit in made.units)


def cases() -> Iterator[tuple[str, str, FaultKind, Link]]:
    for name in ("zurmo", "pair", "two balancers", "bare", "chain"):
        made = deployment(name)
        for service in made.services:
            unit = made.main_units(service)[0]
            for kind in (*RETURNING, *GOING):
                runs = service.announced or kind.hits != "container"
                moves = not kind.moves or service.name != "database"  # it has nowhere to go
                if runs and moves:
                    for link in links(made, unit, kind):
                        yield name, service.called, kind, link


@pytest.mark.parametrize(("name", "called", "kind", "link"), list(cases()), ids=str)
def test_the_broken_link_is_named(name: str, called: str, kind: FaultKind, link: Link) -> None:
    made, crm = deployment(name), application()
    with (
        simulated_deployment(made, configuration=crm.configuration) as running,
        tempfile.TemporaryDirectory() as directory,
    ):
        assert isinstance(running.cluster.provider, FakeProvider)
        world = running.cluster.provider.world
        terms = TimeTerms(made, running.cluster.timing, measure(running))
        scene = Scene(running, crm, terms, Path(directory), seed=1)
        if kind in BEFORE:
            scene.inject(BEFORE[kind], called)
            world.clock.advance(8.0)
        else:
            break_link(world, made, link, scene.choose(called), gone=kind in GOING)
        if kind in BEFORE:
            unit = scene.recoveries.last.unit
            assert unit is not None
            break_link(world, made, link, unit, gone=False)
            scene.undo_last()
        else:
            scene.inject(kind, called)
        with pytest.raises(BrokenChain) as failure:
            _await_all(scene)
        named = broken_link(failure.value.evidence)
        assert named is link, str(failure.value)
        scene.heal()


def _await_all(scene: Scene) -> None:
    for stage in scene.recoveries.last.bounds:
        if stage not in {NOTICED, SERVING}:
            scene.await_stage(stage)
