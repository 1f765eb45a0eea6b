"""How long a machine takes to start and to end a container, measured in the steady state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError
from pytest_cna.deployment.load_balancer_image import IMAGE
from pytest_cna.judgement.terms import ContainerTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.machine import Machine
    from pytest_cna.deployment.deployment import Deployment

TIMEOUT = 600.0
RUNS = 0.2
"""Seconds the container runs that is waited for."""
# as units do: what is left of one before is removed, then it runs; `docker run` returns when it
# was told that the container has ended
SCRIPT = f"""
set -e
. /etc/environment
begun=$(date +%s.%N)
docker rm -f cna-pace >/dev/null 2>&1 || true
docker run -d --rm --name cna-pace --entrypoint /bin/sleep @IMAGE@:$DOCKER_IMAGE_TAG 600 >/dev/null
started=$(date +%s.%N)
docker rm -f cna-pace >/dev/null
again=$(date +%s.%N)
docker run --rm --name cna-pace --entrypoint /bin/sleep @IMAGE@:$DOCKER_IMAGE_TAG {RUNS}
echo $begun $started $again $(date +%s.%N)
"""


def measure_containers(
    deployment: Deployment, machines: Sequence[Machine]
) -> ContainerTimes | None:
    """Of all machines at once, for a set starts on all of them at once; None when the deployment
    runs no image of its own. Raises TransportError."""
    commands = (unit.file.value("Service", "ExecStart") for unit in deployment.units)
    named = next((found for found in map(IMAGE.search, commands) if found), None)
    if named is None:
        return None
    script = SCRIPT.replace("@IMAGE@", named[1])
    with ThreadPoolExecutor(len(machines)) as pool:
        paces = list(pool.map(lambda machine: _pace(machine, script), machines))
    return ContainerTimes(
        max(pace.start for pace in paces),
        max(pace.end for pace in paces),
        max(paces, key=lambda pace: pace.start).machine,
    )


def _pace(machine: Machine, script: str) -> ContainerTimes:
    told = machine.check(script, TIMEOUT).split()
    if len(told) != 4:
        raise CnaError(f"machine {machine.name} did not tell how fast it is, but: {told}")
    begun, started, again, ended = map(float, told)
    start = started - begun
    return ContainerTimes(start, max(0.0, ended - again - RUNS - start), machine.name)
