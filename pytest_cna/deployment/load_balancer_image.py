"""What the load balancer's image is built from, and confd's settings in it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.deployment.deployment import Deployment

IMAGE = re.compile(r"(\S+):\$\{?DOCKER_IMAGE_TAG\}?")
LARGE = 100_000
"""Bytes; configuration is shorter."""


def balancer_files(deployment: Deployment) -> list[tuple[Path, str]]:
    """Small files that the load balancer's image is built from, its bases included, and their
    text."""
    images = {image.name: image for image in deployment.images}
    image = images.get(balancer_image(deployment) or "")
    texts: list[tuple[Path, str]] = []
    while image is not None:
        texts += [
            (file, file.read_text("utf-8", errors="replace"))
            for file in sorted(image.context.rglob("*"))
            if file.is_file() and file.stat().st_size < LARGE
        ]
        image = images.get(image.base)
    return texts


def following_commands(files: list[tuple[Path, str]]) -> list[str]:
    """What confd runs to have a new configuration used: ``check_cmd`` and ``reload_cmd`` of its
    template resource (confd's documentation), the file in use being checked."""
    for file, text in files:
        if file.suffix != ".toml":
            continue
        try:
            resource = tomllib.loads(text).get("template", {})
        except tomllib.TOMLDecodeError:
            continue
        commands = [resource.get("check_cmd", ""), resource.get("reload_cmd", "")]
        if any(commands):
            in_use = resource.get("dest", "")
            return [each.replace("{{.src}}", in_use) for each in commands if each]
    return []


def balancer_image(deployment: Deployment) -> str | None:
    """The load balancer's, without its tag."""
    service = deployment.balancer
    if service is None:
        return None
    command = deployment.main_units(service)[0].file.value("Service", "ExecStart")
    named = IMAGE.search(command)
    return named[1] if named else None
