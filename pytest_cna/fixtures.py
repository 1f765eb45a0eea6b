"""The plugin's fixtures: nouns, thin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.errors import CnaError

if TYPE_CHECKING:
    from pytest_cna.cluster import Cluster
    from pytest_cna.fleet.api import Fleet
    from pytest_cna.run import Run
    from pytest_cna.timeline import Timeline

RUN: pytest.StashKey[Run] = pytest.StashKey()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The machines of this run, one etcd and one fleet; brought up once, gone at the end."""
    run = request.config.stash.get(RUN, None)
    if run is None:
        pytest.exit("no provider is named; give --cna-provider=local", returncode=4)
    try:
        return run.cluster
    except CnaError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def fleet(cluster: Cluster) -> Fleet:
    """fleet's API on that cluster."""
    return cluster.fleet


@pytest.fixture(scope="session")
def timeline(cluster: Cluster, request: pytest.FixtureRequest) -> Timeline:
    """Everything that was done and seen, as it happened."""
    return request.config.stash[RUN].timeline
