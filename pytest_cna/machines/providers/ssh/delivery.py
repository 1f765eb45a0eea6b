"""Delivery of images to an existing machine: those that its Docker lacks, each layer once."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker

from pytest_cna.core.errors import ConfigurationError, ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_cna.core.machine import Machine

LOAD_TIMEOUT = 1800.0
ASKING = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The run's images on one machine, under the tag that its units use."""

    machine: Machine
    images: tuple[str, ...]
    brought: tuple[str, ...]
    """The images that it lacked."""
    containers: frozenset[str]
    """Ids of containers of the images that existed before."""

    def take_back(self) -> None:
        """Remove the delivered images and the containers that were made from them since.

        A machine that lost power returns with containers of units that run elsewhere by then, and
        fleet does not remove those. Images that something else uses remain. Raises TransportError.
        """
        left = _containers(self.machine, self.images) - self.containers
        if left:
            self.machine.run(f"docker rm -f -v {' '.join(left)}", ASKING)
        if self.brought:
            self.machine.run(f"docker image rm {' '.join(self.brought)}", ASKING)


def deliver(
    machine: Machine,
    images: Sequence[str],
    tag: str,
    ssh: Sequence[str],
    progress: Callable[[str], None],
) -> Delivery:
    """Deliver ``images`` (``name:tag`` in the local Docker) to ``machine`` as ``name:<tag>``.

    ``ssh`` is the command line that runs a command on the machine. Raises ConfigurationError when
    the machine has another image of that name, which must not be replaced, and ProvisionError with
    Docker's message.
    """
    client = docker.from_env(timeout=int(ASKING))
    wanted = {image: str(client.images.get(image).id) for image in images}
    there = _images(machine)
    names = {image: f"{image.rpartition(':')[0]}:{tag}" for image in images}
    for image, name in names.items():
        if there.get(name, wanted[image]) != wanted[image]:
            raise ConfigurationError(
                f"machine {machine.name} has another image {name}, which this run must not "
                "replace; set DOCKER_IMAGE_TAG in its /etc/environment to an unused tag"
            )
    missing = [image for image in images if names[image] not in there]
    absent = [image for image in missing if wanted[image] not in there.values()]
    if absent:
        progress(f"delivering {len(absent)} images to {machine.name}")
        _load(absent, ssh, machine.name)
    for image in missing:
        machine.check(f"docker tag {wanted[image]} {names[image]}", ASKING)
        if image in absent and image != names[image]:
            machine.check(f"docker image rm {image}", ASKING)
    return Delivery(
        machine,
        tuple(names.values()),
        tuple(names[image] for image in missing),
        containers=_containers(machine, names.values()),
    )


def _images(machine: Machine) -> dict[str, str]:
    """``name:tag`` → id of each image in the machine's Docker."""
    listing = "docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'"
    rows = (line.split(" ", 1) for line in machine.check(listing, ASKING).splitlines())
    return dict(rows)


def _containers(machine: Machine, images: Iterable[str]) -> frozenset[str]:
    """Ids of the containers of ``images``, running or not."""
    made_from = " ".join(f"--filter ancestor={image}" for image in images)
    if not made_from:
        return frozenset()
    return frozenset(machine.check(f"docker ps --all --quiet {made_from}", ASKING).split())


def _load(images: Sequence[str], ssh: Sequence[str], machine: str) -> None:
    save = subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE)
    try:
        load = subprocess.run(
            [*ssh, "docker load"],
            stdin=save.stdout,
            capture_output=True,
            text=True,
            timeout=LOAD_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(
            f"delivering the images to {machine} took over {LOAD_TIMEOUT:.0f} s"
        ) from error
    finally:
        save.kill()
        save.communicate()
    if load.returncode:
        raise ProvisionError(f"images could not be delivered to {machine}: {load.stderr.strip()}")
