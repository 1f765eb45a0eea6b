"""The accelerator: whether virtual machines use this computer's processor (KVM) or are emulated
(TCG)."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.timing import EMULATED, NATIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.timing import Timing

DEVICE = Path("/dev/kvm")
QEMU = "qemu-system-x86_64"
PROBE_TIMEOUT = 8.0
"""Seconds; where KVM works, the probe takes one."""
TRANSLATION_CACHE = 0.8
"""GiB of memory that an emulating QEMU uses besides the machine's own (measured: QEMU 7.2)."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    driver: str
    """The type of libvirt's domain: ``kvm`` or ``qemu``."""
    why: str
    """Why KVM is not used; empty when it is."""

    @property
    def emulated(self) -> bool:
        return self.driver == "qemu"

    @property
    def overhead(self) -> float:
        """GiB of this computer's memory that each machine uses besides its own."""
        return TRANSLATION_CACHE if self.emulated else 0.1

    @property
    def timing(self) -> Timing:
        return EMULATED if self.emulated else NATIVE

    def __str__(self) -> str:
        if not self.emulated:
            return "KVM"
        return f"emulated by QEMU (TCG), about ten times slower than with KVM: {self.why}"


def find_accelerator(kernel: Path, cache: Path) -> Accelerator:
    """KVM if its device opens and a guest runs: ``kernel`` is booted, without a disk, until it
    panics. The result is kept in the directory ``cache`` until this computer restarts."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        why = f"this user may not open {DEVICE}" if DEVICE.exists() else f"there is no {DEVICE}"
        return Accelerator("qemu", why)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    known = cache / f"kvm-{boot}"
    if not known.exists():
        runs = _boots(kernel, ["-accel", "kvm", "-cpu", "host"])
        cache.mkdir(parents=True, exist_ok=True)
        known.write_text("works" if runs else "broken", encoding="utf-8")
    if known.read_text(encoding="utf-8") == "works":
        return Accelerator("kvm", "")
    return Accelerator("qemu", f"{DEVICE} opens, but no guest boots")


def _boots(kernel: Path, flags: Sequence[str]) -> bool:
    try:
        done = subprocess.run(
            [QEMU, *flags, "-m", "256", "-nodefaults", "-display", "none", "-no-reboot"]
            + ["-serial", "stdio", "-kernel", str(kernel)]
            + ["-append", "console=ttyS0 panic=-1"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"Kernel panic" in done.stdout
