"""The image store: Docker data directories with images, for machines that are containers.

A dockerd fills a seed once; each machine's Docker gets a data directory whose layers are hard links
into the seed. Hard links need one mount, so everything is in one directory on the engine's
computer: ``seeds/<key>`` are kept as a cache, ``disks/<session>-<machine>`` as long as the machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, TYPE_CHECKING

from docker.errors import DockerException

from pytest_cna.core.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import docker

MOUNTED_AT = "/store"
SEEDING_TIMEOUT = 600.0
NEEDED_RATIO = 2.2
"""Space that filling a seed needs, as a multiple of the images' size."""


def store_directory() -> Path:
    """The directory for large files that are kept between runs: CNA_STORE, or its default."""
    return Path(os.environ.get("CNA_STORE", "/var/lib/pytest-cna"))


class ImageStore:
    def __init__(
        self,
        client: docker.DockerClient,
        machine_image: str,
        labels: Sequence[str],
        rights: Sequence[str],
    ) -> None:
        self.directory = store_directory()
        self._client = client
        self._machine_image = machine_image
        self._labels = labels
        self._rights = rights

    @property
    def mount(self) -> list[str]:
        return [f"--volume={self.directory}:{MOUNTED_AT}"]

    def seed(self, images: Sequence[str], progress: Callable[[str], None]) -> str:
        """The seed with these images, as a path relative to the store; filled if it is new."""
        seed = f"seeds/{self._key(images)}"
        if (self.directory / seed).is_dir():
            return seed
        self._check_space(images)
        progress(f"filling the machines' image store with {len(images)} images (once)")
        save = subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE)
        try:
            load = self._run(
                ["-i", *self._rights, "--entrypoint=/usr/lib/cna/seed-images"],
                [f"{MOUNTED_AT}/{seed}"],
                stdin=save.stdout,
            )
        except subprocess.TimeoutExpired as error:
            raise ProvisionError(
                f"filling the image store {self.directory} took over {SEEDING_TIMEOUT:.0f} s"
            ) from error
        finally:
            save.kill()
            save.communicate()
        if load.returncode:
            raise ProvisionError(
                f"the image store {self.directory} could not be filled: {load.stderr.strip()}"
            )
        return seed

    def remove_disks(self, names: Sequence[str]) -> None:
        """Remove each ``disks/<name>``. Idempotent. Raises OSError."""
        if not names:
            return
        # in a container: the files belong to root, and this user may be another
        removed = self._run(
            ["--entrypoint=/bin/rm"], ["-rf", *(f"{MOUNTED_AT}/disks/{name}" for name in names)]
        )
        if removed.returncode:
            raise OSError(f"disks in {self.directory} remain: {removed.stderr.strip()}")

    def _run(
        self, flags: Sequence[str], arguments: Sequence[str], stdin: IO[bytes] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", "run", "--rm", "--network=none", *self._labels, *self.mount, *flags]
            + [self._machine_image, *arguments],
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SEEDING_TIMEOUT,
            check=False,
        )

    def _key(self, images: Sequence[str]) -> str:
        digest = hashlib.sha256()
        for image in sorted(images):
            digest.update(f"{image} {self._client.images.get(image).id}\n".encode())
        return digest.hexdigest()[:12]

    def _check_space(self, images: Sequence[str]) -> None:
        present = self.directory
        while not present.exists():
            present = present.parent
        try:
            size = sum(self._client.images.get(image).attrs["Size"] for image in images)
        except DockerException as error:
            raise ProvisionError(f"the local Docker lacks an image: {error}") from error
        needed, free = size * NEEDED_RATIO / 2**20, shutil.disk_usage(present).free / 2**20
        if free < needed:
            raise ProvisionError(
                f"not enough space for the images: {self.directory} has {free:.0f} MiB free, "
                f"needed are {needed:.0f} MiB; free some, or set CNA_STORE to another directory"
            )
