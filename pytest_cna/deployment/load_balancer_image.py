"""The files that the load balancer's image is built from, and confd's settings in them."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_cna.deployment.deployment import Deployment

IMAGE = re.compile(r"(\S+):\$\{?DOCKER_IMAGE_TAG\}?")
LARGE = 100_000
"""Bytes; larger files are not configuration."""


def balancer_files(deployment: Deployment) -> list[tuple[Path, str]]:
    """Path and text of each small file that the load balancer's image and its bases are built
    from."""
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
    """The commands by which confd activates a new configuration.

    They are ``check_cmd``, applied to the file in use, and ``reload_cmd`` of its template resource
    (see confd's documentation).
    """
    for resource in _resources(files):
        commands = _commands(resource)
        if commands:
            in_use = str(resource.get("dest", ""))
            return [each.replace("{{.src}}", in_use) for each in commands]
    return []


def configuration_path(deployment: Deployment) -> str:
    """Path, in the load balancer's container, of the configuration that confd renders.

    It is the service's ``configuration``; without that key, the ``dest`` of a template resource in
    the load balancer's image, preferably one that has commands. Raises ConfigurationError when
    neither is set or the deployment has no load balancer.
    """
    service = deployment.balancer
    if service is None:
        raise ConfigurationError(f"{deployment.path}: no service is a load balancer (stats_port)")
    if service.configuration:
        return service.configuration
    resources = [each for each in _resources(balancer_files(deployment)) if each.get("dest")]
    for resource in sorted(resources, key=lambda each: not _commands(each)):
        return str(resource["dest"])
    raise ConfigurationError(
        f"{deployment.path}: service '{service.name}': no confd template resource with a 'dest' "
        f"is in its image ({balancer_image(deployment) or 'none that is built here'}); set the "
        "service's 'configuration' to the path of the rendered file in its container"
    )


def _resources(files: list[tuple[Path, str]]) -> Iterator[dict[str, Any]]:
    """confd's template resources: the ``[template]`` tables of TOML files."""
    for file, text in files:
        if file.suffix != ".toml":
            continue
        try:
            resource = tomllib.loads(text).get("template")
        except tomllib.TOMLDecodeError:
            continue
        if isinstance(resource, dict):
            yield resource


def _commands(resource: dict[str, Any]) -> list[str]:
    named = (resource.get("check_cmd"), resource.get("reload_cmd"))
    return [str(each) for each in named if each]


def balancer_image(deployment: Deployment) -> str | None:
    """Name of the load balancer's image, without its tag."""
    unit = deployment.balancer_unit
    if unit is None:
        return None
    named = IMAGE.search(unit.file.value("Service", "ExecStart"))
    return named[1] if named else None
