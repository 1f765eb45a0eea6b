"""The machine definition as a disk of a virtual machine, with the kernel and initrd that boot it.

It has the root file system that runs as a container, a kernel, and the deployment's images:
unpacking them on an emulated machine would take minutes. All machines share the disk, each with an
overlay of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker

from pytest_cna.core.errors import ConfigurationError, ProvisionError
from pytest_cna.machines.artefacts.image_store import MOUNTED_AT, ImageStore
from pytest_cna.machines.artefacts.images import build_image
from pytest_cna.machines.artefacts.rights import machine_rights
from pytest_cna.machines.infra import infra_directory
from pytest_cna.machines.ledger import label_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SIZE_GB = 10
"""Size of the disk for the machine; the file is only as large as its content."""
BUILD_TIMEOUT = 600.0
KERNEL_ARGUMENTS = (
    "root=/dev/vda rw console=ttyS0 net.ifnames=0 init=/usr/lib/cna/boot-vm quiet "
    # the machine has no user space for the kernel's security modules, and tests need no protection
    # against other guests; zeroing, auditing and self-tests take seconds on an emulated machine
    "apparmor=0 mitigations=off init_on_alloc=0 audit=0 cryptomgr.notests "
    "random.trust_bootloader=on rcupdate.rcu_expedited=1 "
    # an emulated processor is sometimes late, and the kernel would replace its clock by a slower
    # one as unreliable; randomized addresses make QEMU translate the same code again
    "tsc=reliable norandmaps"
)
"""Kernel arguments for a boot without boot loader; ``ignition.platform.id=`` is added to them."""


@dataclass(frozen=True, slots=True)
class MachineDisk:
    """A built disk; ``key`` is the digest of its content (12 hex digits)."""

    key: str
    directory: Path

    @property
    def disk(self) -> Path:
        """The disk in qcow2: one ext4 file system without a partition table."""
        return self.directory / "disk.qcow2"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.directory / "initrd.img"


def build_machine_disk(
    machine_image: str,
    images: Sequence[str],
    labels: Mapping[str, str],
    progress: Callable[[str], None],
) -> MachineDisk:
    """Build the disk if its content is new; it is kept in the image store's directory.

    Raises ConfigurationError when qemu-img is missing, ImageBuildError or ProvisionError with the
    end of the log.
    """
    if shutil.which("qemu-img") is None:
        raise ConfigurationError("qemu-img is missing; run: apt-get install qemu-utils, and repeat")
    client = docker.from_env(timeout=int(BUILD_TIMEOUT))
    image = build_image(
        client, "cna-vm", infra_directory() / "vm", base=machine_image, progress=progress
    )
    rights = machine_rights(client, machine_image, labels)
    flags = label_flags(labels)
    store = ImageStore(client, machine_image, flags, rights)
    key = _key(client, [image, *images])
    built = MachineDisk(key, store.directory / "machines" / key)
    if not built.directory.is_dir():
        seed = store.seed(images, progress) if images else None
        progress(f"making the disk of a virtual machine with {len(images)} images (once)")
        _build(client, image, store, seed, [*flags, *rights], built)
    return built


def _key(client: docker.DockerClient, images: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{SIZE_GB}".encode())
    for image in sorted(images):
        digest.update(f"{image} {client.images.get(image).id}\n".encode())
    return digest.hexdigest()[:12]


def _build(
    client: docker.DockerClient,
    image: str,
    store: ImageStore,
    seed: str | None,
    flags: Sequence[str],
    built: MachineDisk,
) -> None:
    """Build in a temporary directory, renamed when complete."""
    new = built.directory.with_name(f"{built.key}.new.{os.getpid()}")
    inside = f"{MOUNTED_AT}/{new.relative_to(store.directory)}"
    images = [f"--volume={store.directory / seed}:/disk/root/var/lib/docker:ro"] if seed else []
    container = client.containers.create(image, network_mode="none")
    export = subprocess.Popen(["docker", "export", str(container.id)], stdout=subprocess.PIPE)
    try:
        made = subprocess.run(
            ["docker", "run", "--rm", "-i", "--network=none", "--volume=/disk", *store.mount]
            + [*images, *flags, "--entrypoint=/usr/lib/cna/make-disk", image]
            + [inside, f"{os.getuid()}:{os.getgid()}", f"{SIZE_GB}G"],
            stdin=export.stdout,
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT,
            check=False,
        )
        _check("the disk of a virtual machine could not be made", made)
        raw = new / "disk.raw"
        convert = ["qemu-img", "convert", "-W", "-m", "4", "-O", "qcow2"]
        converted = subprocess.run(
            [*convert, str(raw), str(new / built.disk.name)],
            capture_output=True,
            text=True,
            check=False,
        )
        _check("the disk could not be converted to qcow2", converted)
        raw.unlink()
        with suppress(OSError):  # another run has built it meanwhile
            new.rename(built.directory)
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(f"making a disk took over {BUILD_TIMEOUT:.0f} s") from error
    finally:
        export.kill()
        export.communicate()
        container.remove(force=True, v=True)
        shutil.rmtree(new, ignore_errors=True)


def _check(what: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-15:]) or "(empty)"
        raise ProvisionError(f"{what}; its log ends:\n{tail}")
