"""Programs for machines of Flatcar Container Linux, the successor of CoreOS.

Flatcar's image is booted as published. The programs that it lacks are extracted from the project's
machine image and fetched from a web server at a machine's first boot.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import docker

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.image_store import store_directory
from pytest_cna.machines.providers.virtual_machine import FLATCAR_USER
from pytest_cna.machines.spec import Access, FetchedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker.models.containers import Container

    from pytest_cna.machines.spec import ClusterSpec

INTERFACES = "eth0 en*"
"""Names of the first interface on Flatcar, which depend on the hypervisor."""
FIRMWARE = "opt/org.flatcar-linux/config"
"""The fw_cfg key of Flatcar's Ignition on QEMU (docs: Migration from CoreOS Container Linux)."""
PROGRAMS = (
    "/usr/bin/fleetd",
    "/usr/bin/fleetctl",
    "/usr/bin/etcd",
    "/usr/bin/etcdctl",
    "/usr/lib/cna/sidekick",
)
TIMEOUT = 60


def gather_programs(machine_image: str, labels: Mapping[str, str]) -> Path:
    """The directory to serve, with each of PROGRAMS by its file name; cached by machine image.

    Raises ConfigurationError when it cannot be written.
    """
    client = docker.from_env(timeout=TIMEOUT)
    identity = str(client.images.get(machine_image).id).removeprefix("sha256:")[:12]
    directory = store_directory() / "programs" / identity
    if not directory.is_dir():
        new = directory.with_name(f"{identity}.new.{os.getpid()}")
        container = client.containers.create(
            machine_image, network_mode="none", labels=dict(labels)
        )
        try:
            new.mkdir(parents=True)
            for path in PROGRAMS:
                (new / Path(path).name).write_bytes(_file(container, path))
            new.rename(directory)
        except OSError as error:
            if not directory.is_dir():  # otherwise another run has made it meanwhile
                raise ConfigurationError(
                    f"{directory} cannot be made: {error.strerror}; set CNA_STORE to a directory "
                    "that can be written"
                ) from error
        finally:
            container.remove(force=True, v=True)
            shutil.rmtree(new, ignore_errors=True)
    return directory


def _file(container: Container, path: str) -> bytes:
    stream, _ = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        found = tar.extractfile(Path(path).name)
        assert found is not None
        return found.read()


def as_flatcar(spec: ClusterSpec, key: str, programs: Path, url: str) -> ClusterSpec:
    """``spec`` for Flatcar: ``key`` is the public key for ssh, ``url`` is where ``programs`` are
    served."""
    fetched = tuple(
        FetchedFile(
            path,
            f"{url.rstrip('/')}/{Path(path).name}",
            hashlib.sha512((programs / Path(path).name).read_bytes()).hexdigest(),
        )
        for path in PROGRAMS
    )
    return replace(spec, access=Access(FLATCAR_USER, key), interface=INTERFACES, fetched=fetched)
