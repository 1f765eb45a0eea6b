"""The machine's disk as an image of the cloud, uploaded once for each content and kept there."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import IO, TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProviderError
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.artefacts.machine_disk import KERNEL_ARGUMENTS
from pytest_cna.machines.owner import owner_is_alive, this_owner
from pytest_cna.machines.providers.openstack.cloud import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from openstack.image.v2.image import Image

    from pytest_cna.machines.artefacts.machine_disk import MachineDisk
    from pytest_cna.machines.ledger import Ledger
    from pytest_cna.machines.providers.openstack.cloud import Cloud

PREFIX = "cna-machine-"
OWNER = "cna_owner"
"""The image's property with the process that uploads it."""
CUT = "os_shutdown_timeout"
"""The image's property with the seconds that `server stop` allows a guest for its shutdown."""
ROW = "image"
"""Kind of the ledger's rows."""
PROPERTIES = {
    # nova keeps 255 characters of a property
    "os_command_line": f"{KERNEL_ARGUMENTS} ignition.platform.id=openstack",
    # `server stop` cuts the power at once, without a shutdown of the guest
    CUT: "0",
    # root=/dev/vda, eth0
    "hw_disk_bus": "virtio",
    "hw_vif_model": "virtio",
    # a bus for the config drive that Debian's cloud kernel has a driver for; it has none for SATA,
    # the default of machine type q35
    "hw_cdrom_bus": "scsi",
    "hw_scsi_model": "virtio-scsi",
}
UPLOAD_TIMEOUT = 1800.0
"""Seconds until the cloud has stored an upload."""
SETTLE_TIMEOUT = 300.0
PROGRESS_INTERVAL = 5.0
"""Seconds between two lines of progress."""


def image_name(disk: MachineDisk) -> str:
    """The image's name, with a digest of everything that affects a boot."""
    making = f"{disk.key} {sorted(PROPERTIES.items())}"
    return PREFIX + hashlib.sha256(making.encode()).hexdigest()[:12]


def ensure_image(
    cloud: Cloud, disk: MachineDisk, ledger: Ledger, progress: Callable[[str], None]
) -> str:
    """The image's id; it is uploaded if the project has none with this content.

    An upload is written to the ledger first. Raises CloudError or ProviderError.
    """
    name = image_name(disk)
    there = {image.name: image for image in _ours(cloud) if image.status == "active"}
    whole = there.get(name)
    if whole is not None:
        parts = {image.id for image in there.values()}
        if {whole.kernel_id, whole.ramdisk_id} <= parts:
            return str(whole.id)

    def part(suffix: str, file: Path, kind: str, properties: dict[str, str]) -> str:
        known = there.get(name + suffix)
        if known is not None and suffix:
            return str(known.id)
        container = "bare" if kind == "qcow2" else kind
        attributes = {"disk_format": kind, "container_format": container, OWNER: this_owner()}
        attributes |= properties
        return _upload(cloud, name + suffix, file, attributes, ledger, progress)

    kernel = part("-kernel", disk.kernel, "aki", {})
    ramdisk = part("-ramdisk", disk.initrd, "ari", {})
    return part("", disk.disk, "qcow2", {"kernel_id": kernel, "ramdisk_id": ramdisk, **PROPERTIES})


def find_image(cloud: Cloud, name: str) -> str:
    """The id of an image of the user's with which `server stop` is a power cut.

    Raises ConfigurationError with what to do, or CloudError.
    """
    with cloud.explaining(f"image '{name}' cannot be looked up") as connection:
        image = connection.image.find_image(name)
    if image is None:
        raise ConfigurationError(
            f"cloud '{cloud.name}' has no image '{name}'; upload it (docs/openstack.md)"
        )
    if image.os_shutdown_timeout != 0:
        raise ConfigurationError(
            f"servers of image '{name}' of cloud '{cloud.name}' would shut down when their power "
            f"has to be cut; run: openstack image set --property {CUT}=0 {name}"
        )
    return str(image.id)


def remove_unfinished(cloud: Cloud, ids: Iterable[str] = ()) -> list[str]:
    """Remove interrupted uploads: those of ``ids``, and those whose owner has ended.

    Returns the names of removed images. Raises CloudError.
    """
    mine = set(ids)
    removed = []
    for image in _ours(cloud):
        alive = owner_is_alive(_property(image, OWNER))
        if image.status != "active" and (image.id in mine or not alive):
            _delete(cloud, image.id)
            removed.append(str(image.name))
    return removed


def remove_others(cloud: Cloud, name: str) -> None:
    """Remove the machines' images except ``name``; they are not used again.

    No stack may be using one. Raises CloudError.
    """
    with cloud.explaining("servers cannot be listed") as connection:
        in_use = {server.image.id for server in connection.compute.servers() if server.image}
    images = [each for each in _ours(cloud) if not each.name.startswith(name)]
    for image in images:
        in_use |= {image.kernel_id, image.ramdisk_id} if image.id in in_use else set()
    for image in images:
        if image.id not in in_use and not owner_is_alive(_property(image, OWNER)):
            _delete(cloud, image.id)


def _ours(cloud: Cloud) -> list[Image]:
    with cloud.explaining("images cannot be listed") as connection:
        owner = connection.current_project_id
        images = list(connection.image.images(owner=owner))
    return [image for image in images if (image.name or "").startswith(PREFIX)]


def _property(image: Image, name: str) -> str:
    return str((image.properties or {}).get(name, ""))


def _upload(
    cloud: Cloud,
    name: str,
    file: Path,
    attributes: dict[str, str],
    ledger: Ledger,
    progress: Callable[[str], None],
) -> str:
    """Upload an image; its id, once the cloud can create servers from it."""
    identity = str(uuid.uuid4())
    ledger.write(ROW, identity)
    what = f"image {name} cannot be uploaded"
    try:
        with cloud.explaining(what) as connection:
            image = {"id": identity, "name": name, **attributes}
            cloud.answer(connection.image.post("/images", json=image))
    except CloudError as error:
        # the cloud may have created it for an earlier attempt that it answered with an error
        if not error.conflicts:
            raise
    with file.open("rb") as content, cloud.explaining(what) as connection:
        answer = connection.image.put(
            f"/images/{identity}/file",
            data=_ProgressReader(content, file.stat().st_size, name, cloud.name, progress),
            headers={"Content-Type": "application/octet-stream"},
            timeout=UPLOAD_TIMEOUT,
            # a request whose content has been read cannot be repeated
            status_code_retries=0,
            connect_retries=0,
        )
        cloud.answer(answer)
    _await_active(cloud, identity, name)
    return identity


def _await_active(cloud: Cloud, identity: str, name: str) -> None:
    def look() -> str:
        with cloud.explaining(f"image {name} cannot be looked up") as connection:
            status = str(connection.image.get_image(identity).status)
        if status in {"killed", "deleted", "pending_delete", "deactivated"}:
            raise ProviderError(f"cloud '{cloud.name}': image {name} ended {status} ({identity})")
        return status

    with cloud.in_time():
        wait_for(
            look,
            lambda status: status == "active",
            waiting_for=f"image {name} to be active",
            timeout=SETTLE_TIMEOUT,
            interval=0.5,
        )


def _delete(cloud: Cloud, identity: str) -> None:
    with cloud.explaining(f"image {identity} cannot be removed") as connection:
        connection.image.delete_image(identity)


class _ProgressReader:
    """A file that is read once from its start and reports the progress."""

    def __init__(
        self, file: IO[bytes], size: int, name: str, cloud: str, progress: Callable[[str], None]
    ) -> None:
        self._file = file
        self._size = size
        self._progress = progress
        self._line = f"uploading {name} ({size / 2**20:.0f} MiB) to cloud '{cloud}' (once)"
        self._read = 0
        self._reported = time.monotonic()
        if size > 2**26:
            progress(self._line)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(2**20):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._read += len(chunk)
        if chunk and time.monotonic() - self._reported > PROGRESS_INTERVAL:
            self._reported = time.monotonic()
            self._progress(f"{self._line}: {100 * self._read / self._size:.0f} %")
        return chunk
