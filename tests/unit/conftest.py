"""A deployment that runs, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import CRM, SET, world_of

from pytest_cna.testing.launching import simulated_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing.world import FakeWorld


@pytest.fixture
def running() -> Iterator[RunningDeployment]:
    """The repository's deployment in the steady state, with its application's configuration, on
    three simulated machines."""
    with simulated_deployment(SET, configuration=CRM.configuration) as running:
        yield running


@pytest.fixture
def world(running: RunningDeployment) -> FakeWorld:
    """The simulation that it runs in."""
    return world_of(running)
