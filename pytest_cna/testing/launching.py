"""A deployment launched on a simulated cluster: what tests of scenarios begin with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_cna.cluster.cluster import Cluster
from pytest_cna.cluster.request import ClusterRequest
from pytest_cna.cluster.running_deployment import RunningDeployment
from pytest_cna.core.timeline import Timeline
from pytest_cna.machines.artefacts.build import Artefacts
from pytest_cna.testing.delays import Delays
from pytest_cna.testing.provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.deployment.deployment import Deployment


@contextmanager
def simulated_cluster(
    deployment: Deployment,
    machines: int = 3,
    *,
    provider: type[FakeProvider] = FakeProvider,
    delays: Delays | None = None,
) -> Iterator[Cluster]:
    """Machines that ``deployment`` can be launched on, joined, in memory; its simulation is
    ``cluster.provider.world``. Within the context the whole process goes by its clock."""
    made = provider("simulated", lambda line: None)
    made.world.delays = delays or Delays()
    made.prepare()
    try:
        cluster = Cluster(made, Timeline(), made.progress)
        request = ClusterRequest(machines=machines, metadata=deployment.metadata)
        cluster.bring_up(request, Artefacts(machine_image=""))
        yield cluster
        cluster.destroy()
    finally:
        made.close()


@contextmanager
def simulated_deployment(
    deployment: Deployment,
    machines: int = 3,
    *,
    provider: type[FakeProvider] = FakeProvider,
    delays: Delays | None = None,
    configuration: str = "",
) -> Iterator[RunningDeployment]:
    """``deployment`` in its steady state on a simulated cluster; ``configuration`` is the path of
    the application's configuration below its code."""
    with simulated_cluster(deployment, machines, provider=provider, delays=delays) as cluster:
        running = RunningDeployment(
            cluster, deployment, cluster.timeline, cluster.progress, configuration
        )
        try:
            running.launch()
            yield running
        finally:
            running.stop()
