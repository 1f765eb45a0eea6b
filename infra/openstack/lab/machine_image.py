"""A machine's disk and kernel as an image of the lab, for servers created by hand or by tests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = "cna_content"
"""The image's property with the digest of all its files."""
COMMAND_LINE = "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"


def register(cloud: Any, folder: Path) -> None:  # noqa: ANN401  openstacksdk has no types
    """Upload ``disk.qcow2``, ``vmlinuz`` and ``initrd.img`` as images named after the folder,
    unless the lab has images with the same content.

    The optional file ``cmdline`` has the kernel's command line. The hypervisor boots the kernel, so
    the disk needs no boot loader. Raises UsageError with the missing file.
    """
    files = {name: folder / name for name in ("vmlinuz", "initrd.img", "disk.qcow2")}
    for file in files.values():
        if not file.is_file():
            raise UsageError(
                f"there is no {file}: an image is a disk.qcow2, a vmlinuz "
                "and an initrd.img in one folder"
            )
    command_line = folder / "cmdline"
    words = COMMAND_LINE
    if command_line.exists():
        words = command_line.read_text(encoding="utf-8").strip()
    content = _content([*files.values()], words)
    older = list(cloud.image.images(name=folder.name))
    if any(image.properties.get(CONTENT) == content for image in older):
        return
    kernel = _upload(cloud, f"{folder.name}-kernel", files["vmlinuz"], "aki")
    ramdisk = _upload(cloud, f"{folder.name}-ramdisk", files["initrd.img"], "ari")
    properties = {
        "kernel_id": kernel,
        "ramdisk_id": ramdisk,
        "os_command_line": words,
        # `server stop` cuts the power at once, without a shutdown of the guest
        "os_shutdown_timeout": "0",
        CONTENT: content,
    }
    # not ami: Debian's nova refuses a disk whose content does not match its format
    _upload(cloud, folder.name, files["disk.qcow2"], "qcow2", **properties)
    for image in older:
        for part in (image.id, image.kernel_id, image.ramdisk_id):
            cloud.image.delete_image(part)


def _content(files: list[Path], words: str) -> str:
    """The digest by which images of the same name differ."""
    digest = hashlib.sha256(words.encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _upload(cloud: Any, name: str, file: Path, kind: str, **properties: str) -> str:  # noqa: ANN401
    """Upload an image; its id, once it is active."""
    image = cloud.create_image(
        name,
        filename=str(file),
        disk_format=kind,
        container_format="bare" if kind == "qcow2" else kind,
        wait=True,
        timeout=300,
        allow_duplicates=True,
        **properties,
    )
    return str(image.id)
