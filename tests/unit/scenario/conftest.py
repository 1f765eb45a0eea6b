"""A scene on a simulated cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import CRM, SET

from pytest_cna.cluster.measuring import measure
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.faults.injected import InjectedFaults
from pytest_cna.scenario.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment


@pytest.fixture
def time_terms(running: RunningDeployment) -> TimeTerms:
    return TimeTerms(SET, running.cluster.timing, measure(running))


@pytest.fixture
def scene(running: RunningDeployment, time_terms: TimeTerms, tmp_path: Path) -> Iterator[Scene]:
    """Of the repository's deployment and application; healed afterwards."""
    scene = Scene(running, CRM, time_terms, tmp_path, seed=1)
    yield scene
    scene.heal()


@pytest.fixture
def faults(running: RunningDeployment) -> Iterator[InjectedFaults]:
    """None yet; healed afterwards."""
    faults = InjectedFaults(running.cluster)
    yield faults
    faults.heal_all()
