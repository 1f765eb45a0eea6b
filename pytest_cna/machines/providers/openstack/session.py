"""What is kept on this computer for one session: its key, consoles, who its machines are."""

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
    """Nothing that has to be found to remove what is on the cloud: that carries the session."""

    def __init__(self, session: str) -> None:
        # beside the lab's folder, which holds nothing but the lab
        self.directory = store_directory() / "openstack-sessions" / session
        self.key = key(self.directory)
        self._machines = self.directory / "machines.json"

    def make(self) -> None:
        """Raises ConfigurationError when the directory cannot be made."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{error.filename} cannot be made: {error.strerror}; set CNA_STORE to a directory "
                "that can be written"
            ) from error

    def keep_machines(self, machines: Sequence[MachineSpec]) -> None:
        """Who they are, for a run that takes them over."""
        rows = [machine.as_row() for machine in machines]
        self._machines.write_text(json.dumps(rows), "utf-8")

    def machines(self) -> list[MachineSpec]:
        """Those that were kept; empty when the session has left nothing here."""
        try:
            rows = json.loads(self._machines.read_text("utf-8"))
        except FileNotFoundError:
            return []
        return [MachineSpec.from_row(row) for row in rows]

    def keep_console(self, machine: str, text: str) -> None:
        """Before what comes after a power cut takes its place on the cloud."""
        with (self.directory / f"{machine}.log").open("a", encoding="utf-8") as file:
            file.write(text)

    def kept_console(self, machine: str) -> str:
        """Empty when its power was never cut."""
        path = self.directory / f"{machine}.log"
        return path.read_text("utf-8") if path.exists() else ""

    def remove(self) -> None:
        """Idempotent."""
        shutil.rmtree(self.directory, ignore_errors=True)
