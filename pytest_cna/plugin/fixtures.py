"""The fixtures for tests: the cluster, the deployment, faults, expectations and customers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from pytest_cna.core.errors import CnaError, ConfigurationError, FleetRefused, ProductFailed

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
    from pytest_cna.scenario.expectations import Expect
    from pytest_cna.scenario.faults.injector import Faults
    from pytest_cna.scenario.scene import Scene

RUN: pytest.StashKey[Run] = pytest.StashKey()
SCENE: pytest.StashKey[Scene] = pytest.StashKey()
"""The scene of a test that has one."""


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The machines of this run as one cluster, with one etcd and one fleet.

    Made when the first test requests it, shared by the whole session, and removed at its end
    whatever happens. ``cluster.machines`` run commands (``machine.run``) and have a testinfra host
    (``machine.host``). Ends the run with exit code 4 and an explanation when no provider is given
    or the cluster cannot be made.
    """
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
    """Client of fleet's API: machines, units, states; submit, load, start, stop, unload, destroy.

    A request goes to the machines in turn until one answers. Raises FleetError when none does, and
    FleetRefused with fleet's own message when fleet refuses the request.
    """
    return cluster.fleet


@pytest.fixture(scope="session")
def timeline(cluster: Cluster, request: pytest.FixtureRequest) -> Timeline:
    """Everything that was done and observed in this run, in order, as typed events.

    ``timeline.events(ContainerDied, subject=…, since=…)`` returns those of one class, or of several
    in a tuple; times are seconds, both monotonic and Unix time. The classes are in
    ``pytest_cna.core.events``, such as ``from pytest_cna.core.events.container import
    ContainerDied``. Observers record with a delay: wait for an event with a deadline.
    """
    return request.config.stash[RUN].timeline


@pytest.fixture
def deployment(cluster: Cluster, request: pytest.FixtureRequest) -> RunningDeployment:
    """The deployment, run by fleet and in its steady state when the test begins.

    Launched for the first test, and again on new machines when it does not return to its steady
    state after a test. Ends the run with exit code 4 when fleet refuses a unit. Raises WaitTimeout,
    with all that is missing, when it does not reach its steady state.
    """
    # imported here, not when it has failed: pytest rewrites a module at its first import, and the
    # compiler of Python 3.11 may end that with a SystemError while other threads are ending
    from pytest_cna.plugin.recorder import scenario_record
    from pytest_cna.scenario.hand_over import without_scene

    run = _run(request)
    try:
        return run.steady_deployment()
    except (ConfigurationError, FleetRefused) as error:
        pytest.exit(run.redact(str(error)), returncode=pytest.ExitCode.USAGE_ERROR)
    except (CnaError, ProductFailed):
        record = scenario_record(request.node)
        if record is not None:
            without_scene(cluster, record)
        raise


@pytest.fixture
def discovery(deployment: RunningDeployment) -> Discovery:
    """The discovery entries in etcd under ``/services``, read at each call.

    ``discovery.entries(service)`` returns complete entries. Raises DiscoveryError when no member of
    etcd answers.
    """
    return deployment.discovery


@pytest.fixture
def load_balancer(deployment: RunningDeployment) -> LoadBalancer:
    """HAProxy's statistics at the announced load balancer, read at each call.

    Raises RoutingError when none is announced or it does not answer.
    """
    return deployment.load_balancer()


@pytest.fixture
def faults(scene: Scene) -> Faults:
    """Injector of faults into services, named in the deployment's words; all are undone after the
    test.

    ``faults.kill_container("cache")``, ``faults.stop_service("web server")``,
    ``faults.lose_machine_of("load balancer")``, ``faults.inject(kind, service)``,
    ``faults.undo()``; kinds are ``container kill``, ``container pause``, ``service stop`` and
    ``machine loss``. Each returns when the fault is in effect. Raises CapabilityMissing when the
    provider cannot do it, InjectFailed when it did not take effect.

    Which instance is hit depends on ``--cna-seed``. A machine takes everything on it along: to hit
    one without the database, first call ``scene.ensure_apart("web server", ["database"])``.
    """
    from pytest_cna.scenario.faults.injector import Faults

    return Faults(scene)


@pytest.fixture
def expect(scene: Scene) -> Expect:
    """Expectations after the last fault, within bounds computed from the deployment.

    ``expect.recovery.within_bound()`` waits for every stage of the recovery in turn,
    ``expect.announced.within_bound()`` for that one; every stage is there by its name. Raises
    AssertionError when a stage is late or missing, with the terms of its bound (seconds) and the
    first broken link of the chain. At the end of the test everything is judged once more.
    """
    from pytest_cna.scenario.expectations import Expect

    return Expect(scene)


@pytest.fixture
def traffic(scene: Scene) -> Customers:
    """Customers who use the application through the announced load balancers during the test.

    They are all active when the test begins and stop after it. ``traffic.records()`` returns every
    request so far (times in seconds); ``traffic.expect_no_request_failed()`` fails the test when
    one failed. Raises CnaError when the deployment names no application.
    """
    return scene.start_customers()


@pytest.fixture
def scene(deployment: RunningDeployment, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The object behind the Gherkin steps; ``faults``, ``expect`` and ``traffic`` are made from it.

    When the test has passed, everything is judged again over the whole of it: what failed after a
    step had looked fails the test. Then every fault is undone and customers stop, whatever
    happened; observations and verdicts go to the report of a scenario. Raises HealFailed when a
    fault could not be undone.
    """
    from pytest_cna.plugin.recorder import scenario_record
    from pytest_cna.scenario.hand_over import hand_over, look_back
    from pytest_cna.scenario.scene import Scene

    run = _run(request)
    seed = crc32(f"{run.settings.seed}/{request.node.name}".encode())
    scene = Scene(deployment, run.application, run.time_terms(deployment), run.report, seed)
    request.node.stash[SCENE] = scene
    record = scenario_record(request.node)
    with ExitStack() as afterwards:
        if record is not None:
            afterwards.callback(hand_over, scene, record)
        afterwards.callback(scene.heal)
        if record is not None:
            afterwards.callback(look_back, scene, record)
        yield scene
