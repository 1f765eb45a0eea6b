from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.providers.libvirt.daemons import LibvirtDaemons


@pytest.fixture(scope="session")
def engines() -> Iterator[None]:
    """libvirt and Docker answer between and after the runs, so that they can be asked what is
    left."""
    docker, daemons = DockerEngine(print), LibvirtDaemons(print)
    assert docker.client
    daemons.ensure()
    yield
    daemons.stop()
    docker.stop()
