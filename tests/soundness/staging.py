"""A scene on a simulated cluster, ready for a scenario."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from small_deployments import application

from pytest_cna.cluster.measuring import measure
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.scene import Scene
from pytest_cna.testing import FakeProvider, simulated_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.testing import FakeWorld


@contextmanager
def staged(made: Deployment) -> Iterator[Scene]:
    """A scene of ``made`` in its steady state; which instances are hit is the same each time."""
    with (
        simulated_deployment(made, configuration=application().configuration) as running,
        tempfile.TemporaryDirectory() as directory,
    ):
        terms = TimeTerms(made, running.cluster.timing, measure(running))
        yield Scene(running, application(), terms, Path(directory), seed=1)


def world_of(scene: Scene) -> FakeWorld:
    """The simulation behind a scene."""
    provider = scene.cluster.provider
    assert isinstance(provider, FakeProvider)
    return provider.world
