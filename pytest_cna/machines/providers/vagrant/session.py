"""What Vagrant needs for one session: a directory of its own, and its commands."""

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
"""Names Vagrant's state, and by it the session a command of Vagrant's belongs to."""
STARTING = "Starting domain"
"""In Vagrant's output when a machine gets power."""


def vagrant_directory() -> Path:
    """Everything of Vagrant's: boxes, the pool's disks, sessions. QEMU has to get through to it,
    so that no home directory will do."""
    return store_directory() / "vagrant"


def vagrant_home() -> Path:
    """VAGRANT_HOME of the boxes."""
    return vagrant_directory() / "home"


def console(directory: Path, machine: str) -> Path:
    """Where the machine's console is written."""
    return directory / "consoles" / f"{machine}.log"


class VagrantSession:
    """Runs of one session do not see those of another: each has Vagrant's state, its own home but
    for the boxes, a key, consoles and logs in one directory."""

    def __init__(self, session: str) -> None:
        self.directory = vagrant_directory() / "sessions" / session
        self.key = key(self.directory)
        self.cluster = self.directory / "cluster.json"
        self._state = self.directory / "state"
        self._log = self.directory / "vagrant.log"

    def make(self) -> None:
        """Raises ConfigurationError when the directory cannot be made."""
        home = self.directory / "home"
        boxes = vagrant_home() / "boxes"
        try:
            boxes.mkdir(parents=True, exist_ok=True)
            (self.directory / "consoles").mkdir(parents=True, exist_ok=True)
            home.mkdir(exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename} cannot be made: {error.strerror}; set CNA_STORE to a directory "
                "that can be written and that QEMU's user gets through to"
            ) from error
        with suppress(FileExistsError):
            (home / "boxes").symlink_to(boxes)

    def up(self, powered: Callable[[], None]) -> None:
        """``vagrant up`` of the cluster file; ``powered`` is called when a machine gets power.
        Raises ProvisionError with the end of what Vagrant said."""
        with (
            self._explaining("the machines could not be brought up"),
            self._log.open("a", buffering=1, encoding="utf-8") as log,
        ):
            for line in self._machines().up(provider="libvirt", stream_output=True):
                log.write(line)
                if STARTING in line:
                    powered()

    def halt(self, machine: str) -> None:
        """In good order. Raises ProvisionError."""
        with self._explaining(f"machine {machine} could not be shut down"):
            self._machines().halt(vm_name=machine)

    def add_box(self, catalogue: str) -> None:
        """Raises ProvisionError."""
        with self._explaining("the box could not be added to Vagrant"):
            boxes = self._vagrant(self.directory, vagrant_home())
            boxes.box_add(None, catalogue, provider="libvirt")

    def check_plugin(self) -> None:
        """Raises ConfigurationError when Vagrant lacks its libvirt plugin."""
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
        """The last lines of what Vagrant said, without its progress."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "(it said nothing)"
        lines = text.replace("\r", "\n").splitlines()
        said = [line for line in lines if line.strip() and "Progress:" not in line]
        return "\n".join(said[-SHOWN:])

    def end_commands(self) -> None:
        """End every vagrant command of this session, whichever process started it: an
        interrupted ``up`` would go on making machines."""
        mark = f"{DOTFILE_PATH}={self._state}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes() + b"\0":
                    os.kill(int(process.name), signal.SIGKILL)

    def remove(self) -> None:
        """Idempotent."""
        shutil.rmtree(self.directory, ignore_errors=True)
