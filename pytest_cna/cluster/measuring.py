"""Measurements of a cluster in its steady state: times in the bounds that no file states."""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.discovery import EntryAnnounced
from pytest_cna.core.events.session import ContainersMeasured, ReloadMeasured
from pytest_cna.deployment.load_balancer_image import (
    IMAGE,
    balancer_files,
    balancer_image,
    following_commands,
)
from pytest_cna.judgement.measured import ContainerTimes, Measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.machine import Machine
    from pytest_cna.deployment.deployment import Deployment

CONTAINERS_TIMEOUT = 600.0
RUNS = 0.2
"""Seconds that the container runs whose end is measured."""
# the commands of a unit: remove a leftover container, then run a new one; `docker run` returns
# once the container has ended
CONTAINERS = f"""
set -e
. /etc/environment
begun=$(date +%s.%N)
docker rm -f cna-times >/dev/null 2>&1 || true
docker run -d --rm --name cna-times --entrypoint /bin/sleep @IMAGE@:$DOCKER_IMAGE_TAG 600 >/dev/null
started=$(date +%s.%N)
docker rm -f cna-times >/dev/null
again=$(date +%s.%N)
docker run --rm --name cna-times --entrypoint /bin/sleep @IMAGE@:$DOCKER_IMAGE_TAG {RUNS}
echo $begun $started $again $(date +%s.%N)
"""
RELOAD_TIMEOUT = 300.0
RELOAD = """
set -e
. /etc/environment
docker run --rm --entrypoint /bin/true {image}:$DOCKER_IMAGE_TAG >&2 &
other=$!
while {once} && kill -0 $other 2>/dev/null; do :; done
wait $other
"""


def measure(running: RunningDeployment) -> Measured:
    """Measure the deployment's times and record them on the timeline.

    Call it in the steady state, before any fault: it runs containers, which takes some seconds.
    Raises CnaError when a machine cannot be reached or prints no times.
    """
    running.progress("measuring how long containers take to start")
    times = measure_containers(running.deployment, running.cluster.machines)
    if times is not None:
        event = ContainersMeasured(times.machine, round(times.start, 3), round(times.end, 3))
        running.timeline.record(event)
    reload = _reload_of_balancer(running)
    if reload is not None:
        running.timeline.record(ReloadMeasured(round(reload, 3)))
    return Measured(
        times,
        first_answers(running),
        running.cluster.boot_seconds,
        running.units.period,
        reload=reload,
    )


def first_answers(running: RunningDeployment) -> dict[str, float]:
    """Service → seconds from the start of a container to its discovery entry, at the launch of the
    deployment, for the slowest instance; services without an entry are left out."""
    found: dict[str, float] = {}
    timeline, since = running.timeline, running.since
    for unit in running.deployment.units:
        if unit.role == "sidekick" or not unit.container:
            continue
        starts = timeline.events(unit.up_with, unit.container, since=since)
        entries = [
            event
            for event in timeline.events(EntryAnnounced, since=since)
            if unit.announces(event.service, event.port)
        ]
        if starts and entries:
            took = entries[0].monotonic - starts[0].monotonic
            service = unit.service.name
            found[service] = max(found.get(service, 0.0), took)
    return found


def measure_containers(
    deployment: Deployment, machines: Sequence[Machine]
) -> ContainerTimes | None:
    """The time that the slowest machine needs to start and to end a container.

    All machines are measured at the same time, because a deployment starts on all of them together.
    None when the deployment has no image of its own. Raises CnaError.
    """
    commands = (unit.file.value("Service", "ExecStart") for unit in deployment.units)
    named = next((found for found in map(IMAGE.search, commands) if found), None)
    if named is None:
        return None
    script = CONTAINERS.replace("@IMAGE@", named[1])
    with ThreadPoolExecutor(len(machines)) as pool:
        times = list(pool.map(lambda machine: _container_times(machine, script), machines))
    slowest = max(times, key=lambda each: each.start)
    return ContainerTimes(slowest.start, max(each.end for each in times), slowest.machine)


def _container_times(machine: Machine, script: str) -> ContainerTimes:
    words = machine.check(script, CONTAINERS_TIMEOUT).split()
    if len(words) != 4:
        raise CnaError(
            f"machine {machine.name} printed no four times when containers were measured on it, "
            f"but: {' '.join(words) or 'nothing'}"
        )
    begun, started, again, ended = map(float, words)
    start = started - begun
    return ContainerTimes(start, max(0.0, ended - again - RUNS - start), machine.name)


def _reload_of_balancer(running: RunningDeployment) -> float | None:
    unit = running.deployment.balancer_unit
    if unit is None:
        return None
    machine = running.cluster.machine(running.machine_of(unit))
    return measure_reload(running.deployment, machine, unit.container)


def measure_reload(deployment: Deployment, machine: Machine, container: str) -> float | None:
    """Longest time (s) of confd's check and reload commands in the load balancer's ``container``
    while another container starts on its machine, as happens when routing changes.

    The commands change nothing. None when there are no commands. Raises CnaError.
    """
    commands = following_commands(balancer_files(deployment))
    image = balancer_image(deployment)
    if not commands or image is None:
        return None
    once = " && ".join(["date +%s.%N", *(f"{{ {each}; }} >&2" for each in commands), "date +%s.%N"])
    script = RELOAD.format(image=image, once=f"docker exec {container} sh -c {shlex.quote(once)}")
    words = machine.check(script, RELOAD_TIMEOUT).split()
    if not words or len(words) % 2:
        raise CnaError(
            f"{container} on {machine.name} printed no pairs of times when its reload was "
            f"measured, but: {' '.join(words) or 'nothing'}"
        )
    times = [float(each) for each in words]
    return max(end - begin for begin, end in zip(times[::2], times[1::2], strict=True))
