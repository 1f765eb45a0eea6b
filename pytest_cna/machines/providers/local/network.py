"""A network of this computer's Docker for one session."""

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
    """One with a free subnet of 172.30.0.0/16; which one is tried first, ``name`` tells. Raises
    ProvisionError."""
    first = crc32(name.encode())
    create = partial(client.networks.create, name, labels=dict(labels))
    for attempt in range(64):
        subnet = f"172.30.{(first + attempt) % 250}"
        pool = IPAMPool(subnet=f"{subnet}.0/24", gateway=f"{subnet}.1")
        try:
            return wholly(partial(create, ipam=IPAMConfig(pool_configs=[pool])))
        except APIError as error:
            if "overlap" not in str(error):
                raise ProvisionError(f"Docker gives no network: {error}") from error
    raise ProvisionError(
        "no free network in 172.30.0.0/16; remove old Docker networks (docker network prune)"
    )


def wholly(create: Callable[[], T]) -> T:
    """Run it to its end, also when Ctrl-C comes meanwhile: what Docker is still creating when
    everything is removed would be left."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(create).result()
