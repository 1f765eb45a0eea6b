"""The build of everything that machines start from: tools, the machine image, container images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.machines.artefacts.images import build_image, debian_root
from pytest_cna.machines.artefacts.machine_image import build_machine_image
from pytest_cna.machines.artefacts.tools import build_tools

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.machines.artefacts.tools import Tools


@dataclass(frozen=True, slots=True)
class Artefacts:
    machine_image: str
    image_tag: str = ""
    """The one tag of all images of the deployment."""
    images: tuple[str, ...] = ()
    """``name:tag`` of each image that machines run."""


def build_artefacts(
    client: docker.DockerClient,
    deployment: Deployment | None,
    application: Application | None,
    progress: Callable[[str], None],
) -> Artefacts:
    """Build everything that is not built yet.

    Raises ConfigurationError (no Go, no Debian root), ProvisionError or ImageBuildError with the
    end of the log.
    """
    tools = build_tools(progress)
    base = debian_root(client, progress)
    machine_image = build_machine_image(client, base, tools, progress)
    if deployment is None or not deployment.images:
        return Artefacts(machine_image)
    built = _build_images(client, deployment, application, base, tools, progress)
    tag = hashlib.sha256(repr(sorted(built.values())).encode()).hexdigest()[:12]
    bases = {image.base for image in deployment.images}
    delivered = [name for name in built if name not in bases]
    for name in delivered:
        client.api.tag(built[name], name, tag)
    return Artefacts(machine_image, tag, tuple(f"{name}:{tag}" for name in delivered))


def _build_images(
    client: docker.DockerClient,
    deployment: Deployment,
    application: Application | None,
    base: str,
    tools: Tools,
    progress: Callable[[str], None],
) -> dict[str, str]:
    """Image name → tag with the digest of its content, in build order."""
    built: dict[str, str] = {}
    for image in deployment.images:
        extra: dict[str, Path | None] = {name: tools.paths[name] for name in image.tools}
        arguments = {}
        if application is not None:
            for entry in (*image.application, *image.optional):
                extra |= application.files(entry)
            arguments = application.build_arguments
        built[image.name] = build_image(
            client,
            image.name,
            image.context,
            base=built[image.base] if image.base else base,
            extra=extra,
            buildargs=arguments,
            progress=progress,
        )
    return built
