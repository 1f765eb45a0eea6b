"""The machine image: the built machine definition, from which all machines start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.machines.artefacts.images import build_image
from pytest_cna.machines.infra import infra_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

    from pytest_cna.machines.artefacts.tools import Tools

TOOLS = ("fleetd", "fleetctl", "sidekick")


def build_machine_image(
    client: docker.DockerClient, base: str, tools: Tools, progress: Callable[[str], None]
) -> str:
    """Build the image if the definition, a tool or the base has changed; return its tag.

    Raises ImageBuildError with the end of the log.
    """
    return build_image(
        client,
        "cna-machine",
        infra_directory() / "machine",
        base=base,
        extra={name: tools.paths[name] for name in TOOLS},
        progress=progress,
    )
