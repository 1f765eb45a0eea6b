"""The machine definition, built into the one image every provider starts from."""

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
    """The image's tag; built only when the definition, a tool or the base changed.

    Raises ImageBuildError with the tail of the build's log.
    """
    return build_image(
        client,
        "cna-machine",
        infra_directory() / "machine",
        base=base,
        extra={name: tools.paths[name] for name in TOOLS},
        progress=progress,
    )
