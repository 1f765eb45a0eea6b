"""Images to a machine that is there already: what its Docker lacks, each layer once."""

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
    """The images of the run on one machine, by the tag its units ask for."""

    machine: Machine
    images: tuple[str, ...]
    brought: tuple[str, ...]
    """Those that it lacked."""
    containers: frozenset[str]
    """Ids of those that had been made from the images before."""

    def take_back(self) -> None:
        """What was brought, and containers that nothing else removes: a machine that was lost comes
        back with those of units that run elsewhere by then.

        Raises TransportError. Images that something else uses by now stay.
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
    """Bring ``images`` (``name:tag`` in the local Docker) to ``machine`` as ``name:<tag>``.

    ``ssh``: the command that runs another one there. Raises ConfigurationError when the machine
    has another image by that name, which is not ours to replace, and ProvisionError with Docker's
    words.
    """
    client = docker.from_env(timeout=int(ASKING))
    wanted = {image: str(client.images.get(image).id) for image in images}
    there = _images(machine)
    names = {image: f"{image.rpartition(':')[0]}:{tag}" for image in images}
    for image, name in names.items():
        if there.get(name, wanted[image]) != wanted[image]:
            raise ConfigurationError(
                f"machine {machine.name} has another {name}, which is not this run's to replace; "
                "set DOCKER_IMAGE_TAG in its /etc/environment to a tag that is free"
            )
    missing = [image for image in images if names[image] not in there]
    absent = [image for image in missing if wanted[image] not in there.values()]
    if absent:
        progress(f"bringing {len(absent)} images to {machine.name}")
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
    """Name with tag → id, of all that the machine's Docker has."""
    listing = "docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'"
    rows = (line.split(" ", 1) for line in machine.check(listing, ASKING).splitlines())
    return dict(rows)


def _containers(machine: Machine, images: Iterable[str]) -> frozenset[str]:
    """Ids of those made from ``images``, running or not."""
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
            f"bringing the images to {machine} took over {LOAD_TIMEOUT:.0f} s"
        ) from error
    finally:
        save.kill()
        save.communicate()
    if load.returncode:
        raise ProvisionError(f"the images did not get to {machine}: {load.stderr.strip()}")
