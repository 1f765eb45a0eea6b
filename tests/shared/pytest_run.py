"""A run of pytest with the plugin, in a process of its own, that can be interrupted."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ledger import ledger_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TESTS = """
import threading
from pathlib import Path

def test_fails(cluster):
    assert cluster.machines == []

def test_waits(cluster):
    Path("ready").touch()
    threading.Event().wait(60)

def test_passes(cluster):
    assert len(cluster.machines) == 1
"""


class PytestRun:
    """In a directory of its own, with TESTS and one machine. ``patience``: seconds for whatever is
    awaited."""

    def __init__(
        self, directory: Path, *options: str, provider: str = "local", patience: float = 60.0
    ) -> None:
        (directory / "test_it.py").write_text(TESTS, encoding="utf-8")
        (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        self.directory = directory
        self.patience = patience
        self.log = directory / "log"
        # whom a shell runs in the background is born deaf to Ctrl-C, and so would it be; not with
        # preexec_fn: between fork and exec Python meets what gRPC's threads left, and aborts
        command = ["env", "--default-signal=INT", sys.executable, "-m", "pytest"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--cna-provider={provider}", "--cna-machines=1", *options],
                cwd=directory,
                stdout=log,
                stderr=log,
            )

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def session(self) -> str:
        """Empty until it was printed."""
        found = re.findall(r"session (\S+)", self.output())
        return str(found[-1]) if found else ""

    def await_end(self) -> int:
        return self.process.wait(self.patience)

    def await_condition(self, condition: Callable[[], object], what: str) -> None:
        def alive() -> None:
            if self.process.poll() is not None:
                pytest.fail(f"pytest ended before {what}:\n{self.output()}")

        wait_for(condition, waiting_for=what, timeout=self.patience, alive=alive)

    def left(self) -> list[str]:
        """Of its session on this computer, whatever the provider: containers and its ledger."""
        assert self.session
        label = f"--filter=label=pytest_cna.session={self.session}"
        listed = ["docker", "ps", "--all", "--quiet", label]
        containers = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
        ledgers = ledger_directory().glob(f"{self.session}*")
        return [*containers.split(), *(path.name for path in ledgers)]
