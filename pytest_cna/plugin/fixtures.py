"""The plugin's fixtures: nouns, thin."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from pytest_cna.core.errors import CnaError, ConfigurationError, FleetRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.discovery import Discovery
    from pytest_cna.cluster.fleet import Fleet
    from pytest_cna.cluster.load_balancer import LoadBalancer
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.plugin.run import Run
    from pytest_cna.scenario.customers import Customers
    from pytest_cna.scenario.faults.base import Faults
    from pytest_cna.scenario.scene import Scene

RUN: pytest.StashKey[Run] = pytest.StashKey()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The machines of this run, one etcd and one fleet; brought up once, gone at the end."""
    run = _run(request)
    try:
        return run.cluster
    except CnaError as error:
        pytest.exit(run.redact(str(error)), returncode=pytest.ExitCode.USAGE_ERROR)


def _run(request: pytest.FixtureRequest) -> Run:
    run = request.config.stash.get(RUN, None)
    if run is None:
        pytest.exit("no provider is named; give --cna-provider=local", returncode=4)
    return run


@pytest.fixture(scope="session")
def fleet(cluster: Cluster) -> Fleet:
    """fleet's API on that cluster."""
    return cluster.fleet


@pytest.fixture(scope="session")
def timeline(cluster: Cluster, request: pytest.FixtureRequest) -> Timeline:
    """Everything that was done and seen, as it happened."""
    return request.config.stash[RUN].timeline


@pytest.fixture
def running(cluster: Cluster, request: pytest.FixtureRequest) -> RunningDeployment:
    """The deployment on that cluster, in its steady state when the test begins."""
    run = _run(request)
    try:
        return run.steady_deployment()
    except (ConfigurationError, FleetRefused) as error:
        pytest.exit(run.redact(str(error)), returncode=pytest.ExitCode.USAGE_ERROR)
    except CnaError:
        from pytest_cna.plugin.recorder import scenario_record
        from pytest_cna.scenario.hand_over import without_scene

        record = scenario_record(request.node)
        if record is not None:
            without_scene(cluster, record)
        raise


@pytest.fixture
def discovery(running: RunningDeployment) -> Discovery:
    """What is announced in etcd, read now."""
    return running.discovery


@pytest.fixture
def load_balancer(running: RunningDeployment) -> LoadBalancer:
    """HAProxy's statistics at the announced load balancer, read now."""
    return running.load_balancer()


@pytest.fixture
def faults(running: RunningDeployment) -> Iterator[Faults]:
    """Injects faults; all are healed after the test, whatever happens."""
    from pytest_cna.scenario.faults.base import Faults

    faults = Faults(running.cluster)
    try:
        yield faults
    finally:
        faults.heal_all()


@pytest.fixture
def traffic(running: RunningDeployment, request: pytest.FixtureRequest) -> Iterator[Customers]:
    """Customers at work, who follow discovery, from the test's start to its end."""
    from pytest_cna.scenario.customers import Customers

    run = _run(request)
    if run.application is None:
        raise ConfigurationError("the deployment names no application, so there are no customers")
    customers = Customers(running, run.application, run.report, run.settings.seed)
    try:
        customers.start()
        yield customers
    finally:
        customers.stop()


@pytest.fixture
def scene(running: RunningDeployment, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """What the steps of a scenario are done to; healed afterwards, whatever happens."""
    from pytest_cna.plugin.recorder import scenario_record
    from pytest_cna.scenario.hand_over import hand_over, look_back
    from pytest_cna.scenario.scene import Scene

    run = _run(request)
    seed = crc32(f"{run.settings.seed}/{request.node.name}".encode())
    scene = Scene(running, run.application, run.time_terms(running), run.report, seed)
    record = scenario_record(request.node)
    with ExitStack() as afterwards:
        if record is not None:
            afterwards.callback(hand_over, scene, record)
        afterwards.callback(scene.heal)
        if record is not None:
            afterwards.callback(look_back, scene, record)
        yield scene
