"""The machine's disk as a Vagrant box for libvirt, booted without a boot loader."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.machine_disk import KERNEL_ARGUMENTS, SIZE_GB
from pytest_cna.machines.flatcar.programs import FIRMWARE
from pytest_cna.machines.providers.virtual_machine import FLATCAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.machines.artefacts.machine_disk import MachineDisk

NAME = "pytest-cna/machine"
# merged into every Vagrantfile that uses this box
VAGRANTFILE = f"""\
Vagrant.configure("2") do |config|
  config.vm.provider :libvirt do |libvirt|
    libvirt.kernel = File.expand_path("../vmlinuz", __FILE__)
    libvirt.initrd = File.expand_path("../initrd.img", __FILE__)
    libvirt.cmd_line = "{KERNEL_ARGUMENTS} ignition.platform.id=qemu"
  end
end
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A box, as the cluster file describes it."""

    name: str
    version: str
    firmware: str
    """The key in QEMU's fw_cfg from which its Ignition reads the config."""


def flatcar_box(home: Path) -> Box:
    """The user's box named ``flatcar``; Flatcar publishes none for libvirt.

    Raises ConfigurationError with how to make it.
    """
    if not any(home.glob(f"boxes/{FLATCAR}/*/libvirt")):
        raise ConfigurationError(
            f"Vagrant has no box '{FLATCAR}' for libvirt in {home}; make it from Flatcar's image "
            "for QEMU (docs/vagrant.md)"
        )
    return Box(FLATCAR, ">= 0", FIRMWARE)


def box_version(disk: MachineDisk) -> str:
    """The digest of the content, in the format of Vagrant's version numbers."""
    making = f"{disk.key} {VAGRANTFILE}"
    return f"1.0.{int(hashlib.sha256(making.encode()).hexdigest()[:8], 16)}"


def box_directory(home: Path, version: str) -> Path:
    """The directory of the box in Vagrant's ``home``."""
    return home / "boxes" / NAME.replace("/", "-VAGRANTSLASH-") / version / "libvirt"


def add_box(
    disk: MachineDisk,
    home: Path,
    add: Callable[[str], None],
    progress: Callable[[str], None],
) -> Box:
    """The box of the project's own image, added if Vagrant has none with this content.

    ``add`` is called with the URL of the box's catalogue.
    """
    version = box_version(disk)
    box = Box(NAME, version, "opt/com.coreos/config")
    if box_directory(home, version).is_dir():
        return box
    progress("adding the box to Vagrant (once)")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="box-") as work:
        add(_catalogue(disk, version, Path(work)).as_uri())
    return box


def remove_other_boxes(home: Path, pool: Path, version: str) -> None:
    """Remove boxes of other versions, which are not used again; no machine may be using one.

    ``pool`` is the directory where libvirt keeps a copy of each box's disk.
    """
    for disk in pool.glob(f"{NAME.replace('/', '-VAGRANTSLASH-')}_*"):
        if f"_{version}_" not in disk.name:
            disk.unlink(missing_ok=True)
    for other in box_directory(home, version).parents[1].iterdir():
        if other.is_dir() and other.name != version:
            shutil.rmtree(other, ignore_errors=True)


def _catalogue(disk: MachineDisk, version: str, work: Path) -> Path:
    box = work / "machine.box"
    metadata = {"provider": "libvirt", "format": "qcow2", "virtual_size": SIZE_GB}
    (work / "metadata.json").write_text(json.dumps(metadata), "utf-8")
    (work / "Vagrantfile").write_text(VAGRANTFILE, "utf-8")
    with tarfile.open(box, "w") as tar:
        tar.add(work / "metadata.json", "metadata.json")
        tar.add(work / "Vagrantfile", "Vagrantfile")
        tar.add(disk.kernel, "vmlinuz")
        tar.add(disk.initrd, "initrd.img")
        tar.add(disk.disk, "box.img")
    with box.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    provider = {
        "name": "libvirt",
        "url": box.as_uri(),
        "checksum_type": "sha256",
        "checksum": checksum,
    }
    catalogue = work / "catalogue.json"
    versions = [{"version": version, "providers": [provider]}]
    catalogue.write_text(json.dumps({"name": NAME, "versions": versions}), "utf-8")
    return catalogue
