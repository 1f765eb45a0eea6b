"""Files of a session on this computer: its key, consoles and list of machines."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.image_store import store_directory
from pytest_cna.machines.providers.ssh.key_pair import key
from pytest_cna.machines.spec import MachineSpec

if TYPE_CHECKING:
    from collections.abc import Sequence


class SessionFiles:
    """The session's directory. Removal from the cloud does not need it: resources there have the
    session's id."""

    def __init__(self, session: str) -> None:
        # next to the lab's folder, which must contain only the lab
        self.directory = store_directory() / "openstack-sessions" / session
        self.key = key(self.directory)
        self._machines = self.directory / "machines.json"

    def make(self) -> None:
        """Create the directory. Raises ConfigurationError."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename} cannot be made: {error.strerror}; set CNA_STORE to a writable "
                "directory"
            ) from error

    def keep_machines(self, machines: Sequence[MachineSpec]) -> None:
        """Save the list of machines, for a run that takes them over."""
        rows = [machine.as_row() for machine in machines]
        self._machines.write_text(json.dumps(rows), "utf-8")

    def machines(self) -> list[MachineSpec]:
        """The saved list of machines; empty without one."""
        try:
            rows = json.loads(self._machines.read_text("utf-8"))
        except FileNotFoundError:
            return []
        return [MachineSpec.from_row(row) for row in rows]

    def keep_console(self, machine: str, text: str) -> None:
        """Save a machine's console at a power cut, before the cloud replaces it."""
        with (self.directory / f"{machine}.log").open("a", encoding="utf-8") as file:
            file.write(text)

    def kept_console(self, machine: str) -> str:
        """The saved console; empty when its power was never cut."""
        path = self.directory / f"{machine}.log"
        return path.read_text("utf-8") if path.exists() else ""

    def remove(self) -> None:
        """Idempotent."""
        shutil.rmtree(self.directory, ignore_errors=True)
