"""Vagrant for one session: its directory and its commands."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import vagrant

from pytest_cna.core.errors import ConfigurationError, ProvisionError
from pytest_cna.machines.artefacts.image_store import store_directory
from pytest_cna.machines.infra import infra_directory
from pytest_cna.machines.providers.libvirt.virsh import URI
from pytest_cna.machines.providers.ssh.key_pair import key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLUGIN = "vagrant-libvirt"
SHOWN = 15
DOTFILE_PATH = "VAGRANT_DOTFILE_PATH"
"""Environment variable with the directory of Vagrant's state; it marks a command's session."""
STARTING = "Starting domain"
"""Vagrant's output when a machine gets power."""


def vagrant_directory() -> Path:
    """The directory of boxes, disks and sessions.

    QEMU's user must have access to it, so it cannot be in a home directory.
    """
    return store_directory() / "vagrant"


def vagrant_home() -> Path:
    """The VAGRANT_HOME that has the boxes."""
    return vagrant_directory() / "home"


def console(directory: Path, machine: str) -> Path:
    """The file to which the machine's console is written."""
    return directory / "consoles" / f"{machine}.log"


class VagrantSession:
    """The Vagrant files of a session in one directory: state, home, key, consoles and logs.

    Sessions share only the boxes.
    """

    def __init__(self, session: str) -> None:
        self.directory = vagrant_directory() / "sessions" / session
        self.key = key(self.directory)
        self.cluster = self.directory / "cluster.json"
        self._state = self.directory / "state"
        self._log = self.directory / "vagrant.log"

    def make(self) -> None:
        """Create the directory. Raises ConfigurationError."""
        home = self.directory / "home"
        boxes = vagrant_home() / "boxes"
        try:
            boxes.mkdir(parents=True, exist_ok=True)
            (self.directory / "consoles").mkdir(parents=True, exist_ok=True)
            home.mkdir(exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename} cannot be made: {error.strerror}; set CNA_STORE to a writable "
                "directory to which QEMU's user has access"
            ) from error
        with suppress(FileExistsError):
            (home / "boxes").symlink_to(boxes)

    def up(self, powered: Callable[[], None]) -> None:
        """Run ``vagrant up``; ``powered`` is called when a machine gets power.

        Raises ProvisionError with the end of Vagrant's log.
        """
        with (
            self._explaining("the machines could not be brought up"),
            self._log.open("a", buffering=1, encoding="utf-8") as log,
        ):
            for line in self._machines().up(provider="libvirt", stream_output=True):
                log.write(line)
                if STARTING in line:
                    powered()

    def halt(self, machine: str) -> None:
        """Shut a machine down. Raises ProvisionError."""
        with self._explaining(f"machine {machine} could not be shut down"):
            self._machines().halt(vm_name=machine)

    def add_box(self, catalogue: str) -> None:
        """Add the box with that catalogue to Vagrant. Raises ProvisionError."""
        with self._explaining("the box could not be added to Vagrant"):
            boxes = self._vagrant(self.directory, vagrant_home())
            boxes.box_add(None, catalogue, provider="libvirt")

    def check_plugin(self) -> None:
        """Raise ConfigurationError when Vagrant does not work or has no libvirt plugin."""
        with self._explaining("vagrant does not work"):
            plugins = self._vagrant(self.directory, self.directory / "home").plugin_list()
        if PLUGIN not in {each.name for each in plugins}:
            raise ConfigurationError(
                f"Vagrant's plugin {PLUGIN} is missing; run: apt-get install {PLUGIN} (or: vagrant "
                f"plugin install {PLUGIN}), and repeat"
            )

    def _machines(self) -> vagrant.Vagrant:
        return self._vagrant(infra_directory() / "vagrant", self.directory / "home")

    def _vagrant(self, root: Path, home: Path) -> vagrant.Vagrant:
        return vagrant.Vagrant(
            str(root),
            env=self._environment(home),
            out_cm=vagrant.make_file_cm(self._log),
            err_cm=vagrant.make_file_cm(self._log),
        )

    def _environment(self, home: Path) -> dict[str, str]:
        return os.environ | {
            "CNA_CLUSTER": str(self.cluster),
            "VAGRANT_HOME": str(home),
            DOTFILE_PATH: str(self._state),
            "VAGRANT_DEFAULT_PROVIDER": "libvirt",
            "VAGRANT_CHECKPOINT_DISABLE": "1",
            "VAGRANT_NO_COLOR": "1",
            "LIBVIRT_DEFAULT_URI": URI,
        }

    @contextmanager
    def _explaining(self, what: str) -> Iterator[None]:
        try:
            yield
        except (subprocess.CalledProcessError, OSError) as error:
            raise ProvisionError(
                f"{what}: {error}; Vagrant's log ends:\n{self.log_tail()}"
            ) from error

    def log_tail(self) -> str:
        """The last lines of Vagrant's log, without its progress."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "(empty)"
        lines = text.replace("\r", "\n").splitlines()
        said = [line for line in lines if line.strip() and "Progress:" not in line]
        return "\n".join(said[-SHOWN:])

    def end_commands(self) -> None:
        """End every vagrant command of this session, also of other processes: an interrupted ``up``
        would continue to create machines."""
        mark = f"{DOTFILE_PATH}={self._state}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes() + b"\0":
                    os.kill(int(process.name), signal.SIGKILL)

    def remove(self) -> None:
        """Idempotent."""
        shutil.rmtree(self.directory, ignore_errors=True)
