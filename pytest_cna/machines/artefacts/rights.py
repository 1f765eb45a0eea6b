"""The rights a container needs in which systemd, dockerd or mke2fs of a whole root run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from docker.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker

# systemd and dockerd inside need nearly everything; where the engine itself lacks
# CAP_SYS_RESOURCE it cannot give --privileged, but this, which is enough
LESS_THAN_PRIVILEGED = (
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--device-cgroup-rule=a *:* rwm",
)


def machine_rights(
    client: docker.DockerClient, image: str, labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Flags of ``docker run`` for the most this engine can give; a container of ``image`` with
    these ``labels`` is started once to find out."""
    try:
        container = client.containers.create(
            image,
            entrypoint="/bin/true",
            privileged=True,
            network_mode="none",
            labels=dict(labels),
        )
    except APIError:
        return LESS_THAN_PRIVILEGED
    try:
        container.start()
    except APIError:
        return LESS_THAN_PRIVILEGED
    finally:
        # one that could not be started is not removed by the engine
        with suppress(APIError):
            container.remove(force=True)
    return ("--privileged",)
