"""What has to be built before machines can start: tools, the machine's image, service images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.application import Application, read_application
from pytest_cna.images import build_set, debian_root
from pytest_cna.machine_image import build_machine_image
from pytest_cna.tools import build_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

    from pytest_cna.fleet.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Artefacts:
    machine_image: str
    image_tag: str = ""
    images: tuple[str, ...] = ()
    application: Application | None = None


def build_artefacts(
    client: docker.DockerClient,
    deployment: Deployment | None,
    application: Path | None,
    progress: Callable[[str], None],
) -> Artefacts:
    """Build what is not built yet. ``application`` takes the place of the deployment's own.

    Raises ConfigurationError (unreadable application, no Go) or ImageBuildError (log tail).
    """
    directory = application or (deployment.application if deployment else None)
    read = read_application(directory) if directory else None
    tools = build_tools(progress)
    machine_image = build_machine_image(client, debian_root(client, progress), tools, progress)
    if deployment is None:
        return Artefacts(machine_image)
    built = build_set(client, deployment.images, directory, tools.paths, progress)
    return Artefacts(machine_image, built.tag, tuple(built.delivered), read)
