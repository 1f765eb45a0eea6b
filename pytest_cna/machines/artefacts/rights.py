"""The rights of containers that run systemd, dockerd or mke2fs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from docker.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker

# systemd and dockerd need nearly all rights; an engine without CAP_SYS_RESOURCE cannot grant
# --privileged, but it can grant these, which are enough
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
    """Flags of ``docker run`` for the most rights that this engine can grant.

    They are found by starting a container of ``image``, with these ``labels``.
    """
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
        # the engine does not remove a container that failed to start
        with suppress(APIError):
            container.remove(force=True)
    return ("--privileged",)
