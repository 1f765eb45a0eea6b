"""How the load balancer follows discovery: confd's settings in its image, and how long it takes to
use a new configuration, measured."""

from __future__ import annotations

import shlex
import tomllib
from typing import TYPE_CHECKING

from pytest_cna.errors import CnaError
from pytest_cna.pace import IMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.fleet.deployment import Deployment
    from pytest_cna.machine import Machine

LARGE = 100_000
"""Bytes; configuration is shorter."""
TIMEOUT = 300.0
SCRIPT = """
set -e
. /etc/environment
docker run --rm --entrypoint /bin/true {image}:$DOCKER_IMAGE_TAG >&2 &
other=$!
while {once} && kill -0 $other 2>/dev/null; do :; done
wait $other
"""


def balancer_files(deployment: Deployment) -> list[tuple[Path, str]]:
    """Small files that the load balancer's image is built from, its bases included, and their
    text."""
    images = {image.name: image for image in deployment.images}
    image = images.get(_image(deployment) or "")
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


def measure_rendering(deployment: Deployment, machine: Machine, container: str) -> float | None:
    """Seconds that confd's commands need in the load balancer's ``container``, at worst while
    another starts on its machine: when it has to follow, one comes or goes somewhere. Nothing
    changes by it. None when there are no commands. Raises CnaError."""
    commands = following_commands(balancer_files(deployment))
    image = _image(deployment)
    if not commands or image is None:
        return None
    once = " && ".join(["date +%s.%N", *(f"{{ {each}; }} >&2" for each in commands), "date +%s.%N"])
    script = SCRIPT.format(image=image, once=f"docker exec {container} sh -c {shlex.quote(once)}")
    told = machine.check(script, TIMEOUT).split()
    if not told or len(told) % 2:
        raise CnaError(f"{container} on {machine.name} did not tell how fast it is, but: {told}")
    times = [float(each) for each in told]
    return max(end - begin for begin, end in zip(times[::2], times[1::2], strict=True))


def _image(deployment: Deployment) -> str | None:
    """The load balancer's, without its tag."""
    service = deployment.balancer
    if service is None:
        return None
    command = deployment.main_units(service)[0].file.value("Service", "ExecStart")
    named = IMAGE.search(command)
    return named[1] if named else None
