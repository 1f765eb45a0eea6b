"""A deployment that runs, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, world_of

from pytest_cna.core import clock
from pytest_cna.testing.clock import FakeClock
from pytest_cna.testing.launching import simulated_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing.world import FakeWorld


@pytest.fixture
def running() -> Iterator[RunningDeployment]:
    """The repository's deployment in its steady state, on three simulated machines."""
    # at a fixed time: what falls due at one instant must not be ordered by rounding, which depends
    # on how long this computer has been up
    start = FakeClock(monotonic=4096.0, wall=1_800_000_000.0)
    with clock.installed(start), simulated_deployment(SET) as running:
        yield running


@pytest.fixture
def world(running: RunningDeployment) -> FakeWorld:
    """The simulation that it runs in."""
    return world_of(running)
