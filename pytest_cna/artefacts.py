"""What has to be built before machines can start: tools and the machine's image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.images import debian_root
from pytest_cna.machine_image import build_machine_image
from pytest_cna.tools import build_tools

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker


@dataclass(frozen=True, slots=True)
class Artefacts:
    machine_image: str
    image_tag: str = ""
    images: tuple[str, ...] = ()


def build_artefacts(client: docker.DockerClient, progress: Callable[[str], None]) -> Artefacts:
    """Build what is not built yet. Raises ConfigurationError (no Go, no Debian root),
    ProvisionError or ImageBuildError with the tail of the log."""
    tools = build_tools(progress)
    base = debian_root(client, progress)
    return Artefacts(build_machine_image(client, base, tools, progress))
