"""libvirt's daemons: found, or started for the run when nobody runs them and we may."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.errors import ConfigurationError, WaitTimeout
from pytest_cna.ledger import ledger_directory
from pytest_cna.providers.libvirt.virsh import LibvirtError, networks, virsh
from pytest_cna.shared_daemons import SharedDaemons
from pytest_cna.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

START_TIMEOUT = 180.0
"""Seconds; libvirtd asks QEMU what it can do, the first time."""
APART = ("unshare", "--mount", "--propagation=slave")
"""Runs a program that sees mounts come and go, and whose own nobody sees."""
OPENED = """\
kvm=/dev/kvm own=$1/kvm
if [ -c $kvm ]; then
  mount -t tmpfs -o mode=755 tmpfs "$1" &&
    mknod -m 660 "$own" c $((0x$(stat -c %t $kvm))) $((0x$(stat -c %T $kvm))) &&
    chgrp kvm "$own" && mount --bind "$own" $kvm
fi
shift
exec "$@"
"""
"""Runs a program, APART and with an empty directory, that sees KVM's device as udev has it: open to
QEMU's user. Where no udev runs it is root's alone; then libvirtd, which finds out as root what QEMU
can do, takes that for outdated and finds it out anew at every call, seconds each. This computer's
own device stays as it is."""


class LibvirtDaemons:
    """``ensure`` and ``stop`` may alternate."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self.progress = progress
        self._shared = SharedDaemons("libvirt")
        self._log = Path(tempfile.gettempdir()) / "pytest-cna-libvirtd.log"

    def ensure(self) -> None:
        """libvirt answers. Raises ConfigurationError with the exact command to run."""
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
                "libvirt runs but this user may not use it; run: sudo usermod -aG libvirt $USER, "
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
        self.progress("starting libvirtd, for nobody runs one")
        empty = ledger_directory().parent / "devices"
        empty.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            started = []
            for program in programs:
                process = subprocess.Popen(
                    [*APART, "sh", "-c", OPENED, "sh", str(empty), str(program)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                self._shared.started(process)
                started.append((str(program), process))

        def alive() -> None:
            for program, process in started:
                if process.poll() is not None:
                    tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
                    raise ConfigurationError(
                        f"{Path(program).name} could not be started (exit status "
                        f"{process.returncode}); its log {self._log} ends:\n{tail}"
                    )

        try:
            wait_for(
                lambda: virsh("version"),
                waiting_for="libvirtd to answer",
                timeout=START_TIMEOUT,
                interval=0.2,
                transient=(LibvirtError,),
                alive=alive,
            )
        except WaitTimeout as error:
            self.stop()
            raise ConfigurationError(f"{error}; see {self._log}") from error

    def stop(self) -> None:
        """End them if some run started them and nobody uses them: no other run, and nobody who has
        machines, or a network for them. Idempotent, never raises."""
        self._shared.leave(_unused)


def _unused() -> bool:
    with suppress(LibvirtError):
        if virsh("list", "--name").split() or networks():
            return False
        # networks that start with libvirtd would be left, with their dnsmasq
        for network in virsh("net-list", "--name").split():
            virsh("net-destroy", network)
    return True


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
