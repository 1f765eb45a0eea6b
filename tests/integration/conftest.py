"""What the integration tests share: a built machine image and providers that clean up."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import docker
import pytest

from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.artefacts.build import build_artefacts
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.local.provider import LocalProvider
from pytest_cna.machines.spec import ClusterSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METADATA = [{"public": "true"}, {"public": "true"}, {"storage": "true"}]


@pytest.fixture(scope="session")
def machine_image() -> Iterator[str]:
    """The tag of the machine image, built if need be."""
    lines: list[str] = []
    engine = DockerEngine(lines.append)
    yield build_artefacts(engine.client, None, None, lines.append).machine_image
    engine.stop()


@pytest.fixture
def docker_client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def make_provider() -> Iterator[Callable[[], LocalProvider]]:
    """Local providers, each with a session of its own, destroyed after the test."""
    made: list[LocalProvider] = []

    def make() -> LocalProvider:
        made.append(LocalProvider(f"test-{secrets.token_hex(3)}", lambda line: None))
        return made[-1]

    yield make
    for provider in made:
        provider.destroy()


@pytest.fixture
def make_spec(machine_image: str) -> Callable[[LocalProvider, int], ClusterSpec]:
    """A plain cluster of so many machines, without images."""

    def make(provider: LocalProvider, count: int, **changes: object) -> ClusterSpec:
        values: dict[str, object] = {
            "session": provider.session,
            "machines": name_machines(provider.addresses(count), METADATA),
            "timing": NATIVE,
            "machine_image": machine_image,
            "fingerprint": provider.session,
            "durable": False,
        }
        return ClusterSpec(**(values | changes))  # type: ignore[arg-type]

    return make
