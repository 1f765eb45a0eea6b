"""A lab of the tests' own, beside one that somebody uses: its commands and what they leave."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import traces

ROOT = Path(__file__).parents[2]
RUN = ROOT / "infra/openstack/lab/run"
STATE = Path("/var/lib/pytest-cna/openstack-test")
IMAGE = Path("/var/lib/pytest-cna/tiny")
NETWORK = "10.31"


@dataclass(frozen=True)
class TheLab:
    """The lab's commands and the `openstack` command, as a user runs them."""

    state: Path = STATE
    network: str = NETWORK

    def address(self, number: int) -> str:
        return f"{self.network}.0.{number}"

    def run(self, *words: str, network: str = NETWORK) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "infra/openstack/lab/run"), "--state", str(self.state)]
        return subprocess.run(
            [*command, "--network", network, *words], capture_output=True, text=True, timeout=540
        )

    def up(self) -> str:
        """What it said. Fails with what it complained about."""
        done = self.run("--image", str(IMAGE), "up")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def openstack(self, *words: str, cloud: str = "cna-lab") -> Any:  # noqa: ANN401
        """The answer; what `-f json` gives, which progress may precede, else text."""
        done = subprocess.run(
            ["/usr/bin/openstack", f"--os-cloud={cloud}", *words],
            env={
                "PATH": "/usr/bin:/bin",
                "OS_CLIENT_CONFIG_FILE": str(self.state / "clouds.yaml"),
                "HOME": os.environ.get("HOME", "/root"),
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
        if "json" not in words:
            return done.stdout
        return json.loads(done.stdout[re.search(r"[{[]", done.stdout).start() :])  # type: ignore[union-attr]

    def named(self, prefix: str) -> list[str]:
        """What the cloud shows of it, by the command that people use."""
        found = []
        for kind, column in (
            ("stack", "Stack Name"),
            ("server", "Name"),
            ("port", "Name"),
            ("security group", "Name"),
            ("keypair", "Name"),
            ("image", "Name"),
        ):
            rows = self.openstack(*kind.split(), "list", "-f", "json")
            found += [f"{kind} {row[column]}" for row in rows if row[column].startswith(prefix)]
        return found

    def services(self) -> dict[str, str]:
        """What the supervisor says of each service: its state and process id."""
        status = ["supervisorctl", "-c", f"{self.state}/etc/supervisord.conf", "status"]
        done = subprocess.run(status, capture_output=True, text=True)
        rows = (line.partition(", uptime")[0].split() for line in done.stdout.splitlines())
        return {name: " ".join(words) for name, *words in rows}

    def processes(self) -> set[str]:
        """Every process in the lab, by this computer's count, with its start."""
        supervisor = [
            pid for pid in traces.processes() if f"{self.state}/etc/supervisord.conf" in pid.words
        ]
        inside = {os.readlink(f"/proc/{pid.number}/ns/pid") for pid in supervisor}
        return {pid.identity for pid in traces.processes() if pid.namespace in inside}


def get(url: str) -> str:
    """What a server answers, past any proxy of the environment. Raises OSError."""
    with build_opener(ProxyHandler({})).open(url, timeout=2) as answer:
        return str(answer.read().decode())
