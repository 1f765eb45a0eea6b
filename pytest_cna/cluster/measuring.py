"""How the load balancer follows discovery: confd's settings in its image, and how long it takes to
use a new configuration, measured."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError
from pytest_cna.deployment.load_balancer_image import (
    balancer_files,
    balancer_image,
    following_commands,
)

if TYPE_CHECKING:
    from pytest_cna.core.machine import Machine
    from pytest_cna.deployment.deployment import Deployment

TIMEOUT = 300.0
SCRIPT = """
set -e
. /etc/environment
docker run --rm --entrypoint /bin/true {image}:$DOCKER_IMAGE_TAG >&2 &
other=$!
while {once} && kill -0 $other 2>/dev/null; do :; done
wait $other
"""


def measure_reload(deployment: Deployment, machine: Machine, container: str) -> float | None:
    """Seconds that confd's commands need in the load balancer's ``container``, at worst while
    another starts on its machine: when it has to follow, one comes or goes somewhere. Nothing
    changes by it. None when there are no commands. Raises CnaError."""
    commands = following_commands(balancer_files(deployment))
    image = balancer_image(deployment)
    if not commands or image is None:
        return None
    once = " && ".join(["date +%s.%N", *(f"{{ {each}; }} >&2" for each in commands), "date +%s.%N"])
    script = SCRIPT.format(image=image, once=f"docker exec {container} sh -c {shlex.quote(once)}")
    told = machine.check(script, TIMEOUT).split()
    if not told or len(told) % 2:
        raise CnaError(f"{container} on {machine.name} did not tell how fast it is, but: {told}")
    times = [float(each) for each in told]
    return max(end - begin for begin, end in zip(times[::2], times[1::2], strict=True))
