"""libvirt's daemons, started for the run when none are running and this user is root."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.shared_daemons import SharedDaemons
from pytest_cna.machines.infra import infra_directory
from pytest_cna.machines.ledger import ledger_directory
from pytest_cna.machines.providers.libvirt.virsh import LibvirtError, networks, virsh

if TYPE_CHECKING:
    from collections.abc import Callable

START_TIMEOUT = 180.0
"""Seconds; at its first start libvirtd probes QEMU's capabilities."""
APART = ("unshare", "--mount", "--propagation=slave")
"""Runs a program in a mount namespace that receives mounts from outside and passes none on."""


class LibvirtDaemons:
    """The daemons; ``ensure`` and ``stop`` may be repeated in turn."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._shared = SharedDaemons("libvirtd", progress)

    def ensure(self) -> None:
        """Make sure that libvirt answers. Raises ConfigurationError with the command to run."""
        if shutil.which("virsh") is None:
            raise ConfigurationError(
                "virsh is missing; run: apt-get install libvirt-clients, and repeat"
            )
        with self._shared.enter():
            try:
                virsh("version")
            except LibvirtError as error:
                self._start(f"{error}")

    def _start(self, refusal: str) -> None:
        if "authentication" in refusal or "Permission denied" in refusal:
            raise ConfigurationError(
                "this user may not use libvirt; run: sudo usermod -aG libvirt $USER, "
                "log in again, and repeat"
            )
        programs = [shutil.which(each, path=_path()) for each in ("virtlogd", "libvirtd")]
        if None in programs:
            raise ConfigurationError(
                "libvirt does not answer and its daemon is not installed; run: apt-get install "
                "libvirt-daemon-system, and repeat"
            )
        if os.geteuid() != 0 or Path("/run/systemd/system").is_dir():
            raise ConfigurationError(
                f"libvirt does not answer ({refusal}); run: sudo systemctl start libvirtd, and "
                "repeat"
            )
        empty = ledger_directory().parent / "devices"
        empty.mkdir(parents=True, exist_ok=True)
        opened = [*APART, "sh", str(infra_directory() / "libvirt/open-kvm"), str(empty)]
        self._shared.start(
            [[*opened, str(program)] for program in programs],
            lambda: virsh("version"),
            START_TIMEOUT,
            (LibvirtError,),
        )

    def stop(self) -> None:
        """End the daemons if a run started them and no other run, machine or network uses them.

        Idempotent; never raises.
        """
        self._shared.leave(_unused)


def _unused() -> bool:
    with suppress(LibvirtError):
        if virsh("list", "--name").split() or networks():
            return False
        # networks that start with libvirtd, and their dnsmasq, would remain
        for network in virsh("net-list", "--name").split():
            virsh("net-destroy", network)
    return True


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
