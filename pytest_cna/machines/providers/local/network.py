"""The network of a session in this computer's Docker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool

from pytest_cna.core.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import docker
    from docker.models.networks import Network

T = TypeVar("T")


def create_network(client: docker.DockerClient, name: str, labels: Mapping[str, str]) -> Network:
    """Create a network with a free subnet of 172.30.0.0/16; ``name`` determines the first to try.

    Raises ProvisionError.
    """
    first = crc32(name.encode())
    create = partial(client.networks.create, name, labels=dict(labels))
    for attempt in range(64):
        subnet = f"172.30.{(first + attempt) % 250}"
        pool = IPAMPool(subnet=f"{subnet}.0/24", gateway=f"{subnet}.1")
        try:
            return wholly(partial(create, ipam=IPAMConfig(pool_configs=[pool])))
        except APIError as error:
            if "overlap" not in str(error):
                raise ProvisionError(f"Docker cannot create a network: {error}") from error
    raise ProvisionError(
        "no free network in 172.30.0.0/16; remove old Docker networks (docker network prune)"
    )


def wholly(create: Callable[[], T]) -> T:
    """Run ``create`` to its end, also during Ctrl-C: what Docker is still creating while everything
    is removed would remain."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(create).result()
