"""A server image of 20 MB: Debian's kernel, busybox, and the three scripts in guest/."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
from pathlib import Path

GUEST = Path(__file__).with_name("guest")
KERNEL = "linux-image-cloud-amd64"
# in the order in which they need each other
MODULES = [
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "failover",
    "net_failover",
    "virtio_net",
    "virtio_blk",
    "button",
    "evdev",
]


def build(folder: Path) -> None:
    """Make ``disk.qcow2``, ``vmlinuz``, ``initrd.img`` and ``cmdline`` in the folder, unless they
    are there and made of the same files. Raises CalledProcessError."""
    sources = [Path(__file__), *sorted(GUEST.iterdir())]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    made_of = folder / "made-of"
    if made_of.exists() and made_of.read_text() == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    packages = folder / "packages"
    packages.mkdir(parents=True)
    depends = _output("apt-cache", "depends", "--important", KERNEL)
    kernel = next(word for word in depends.split() if word.startswith("linux-image-6"))
    _run("apt-get", "download", "-qq", kernel, "busybox-static", cwd=packages)
    for package in packages.glob("*.deb"):
        _run("dpkg-deb", "--extract", str(package), str(packages))
    shutil.copy(next(packages.glob("boot/vmlinuz-*")), folder / "vmlinuz")

    root = folder / "root"
    for directory in ("bin", "lib/modules", "proc", "sys", "dev", "etc/acpi/PWRF"):
        (root / directory).mkdir(parents=True)
    shutil.copy(packages / "bin/busybox", root / "bin/busybox")
    for name in _output(str(root / "bin/busybox"), "--list").split():
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    order = []
    for module in MODULES:
        # a module that is none is built into the kernel
        for file in packages.glob(f"lib/modules/*/kernel/**/{module}.ko"):
            shutil.copy(file, root / "lib/modules" / file.name)
            order.append(file.name)
    (root / "lib/modules/order").write_text("\n".join(order))
    for script, place in (
        ("init", "init"),
        ("lease", "lease"),
        ("goodbye", "etc/acpi/PWRF/00000080"),
    ):
        shutil.copy(GUEST / script, root / place)
    names = "\0".join(str(path.relative_to(root)) for path in [root, *root.rglob("*")])
    archive = subprocess.run(
        ["cpio", "--null", "--create", "--format=newc", "--quiet", "--owner=0:0"],
        input=names.encode(),
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout
    (folder / "initrd.img").write_bytes(gzip.compress(archive))
    _run("qemu-img", "create", "-q", "-f", "qcow2", str(folder / "disk.qcow2"), "16M")
    shutil.rmtree(packages)
    shutil.rmtree(root)
    (folder / "cmdline").write_text("console=ttyS0 quiet net.ifnames=0")
    made_of.write_text(digest)


def _run(*command: str, cwd: Path | None = None) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
