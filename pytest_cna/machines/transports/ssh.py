"""The ssh transport: commands through OpenSSH's client, driven by testinfra, over one persistent
connection to each machine."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import testinfra

from pytest_cna.core.errors import CommandTimeout, TransportError
from pytest_cna.core.model import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from testinfra.host import Host

TIMED_OUT = 124  # exit status of timeout(1)
LOST = 255  # exit status of ssh without a connection
SHORTEST = 15
"""Seconds without an answer until a machine counts as lost; an emulated one may be busy."""


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How to log in to a machine. A ``user`` other than root needs sudo without a password."""

    name: str
    address: str
    user: str = "root"
    key: Path | None = None
    """Private key file; None for ssh's own defaults."""
    port: int = 22
    known: Path | None = None
    """A known_hosts file to check the host key against; None, as for new machines whose keys cannot
    be known, for no check and no record of the key."""
    options: Sequence[str] = ()
    """Additional lines of ssh_config, such as ``ProxyJump bastion``."""

    @property
    def sudo(self) -> list[str]:
        return [] if self.user == "root" else ["sudo", "-n", "--"]


class SshConnections:
    """The ssh_config of a run's machines, and their persistent connections."""

    def __init__(self, accesses: Sequence[SshAccess]) -> None:
        # short: the path of a control socket has at most 108 bytes
        self._directory = tempfile.TemporaryDirectory(prefix="cna-ssh-")
        directory = Path(self._directory.name)
        self.config = directory / "config"
        common = {
            "BatchMode": "yes",
            "ConnectTimeout": f"{SHORTEST}",
            "ControlMaster": "auto",
            "ControlPath": f"{directory}/%C",
            "ControlPersist": "600",
            "LogLevel": "ERROR",
            "ServerAliveCountMax": "3",
            "ServerAliveInterval": f"{SHORTEST // 3}",
        }
        self.config.write_text("".join(_stanza(each, common) for each in accesses), "utf-8")
        self._names = [access.name for access in accesses]
        self._sudo = {access.name: access.sudo for access in accesses}

    def command(self, name: str) -> list[str]:
        """The ssh command line, to be followed by a command for root on the machine ``name``."""
        return ["ssh", "-F", str(self.config), name, *self._sudo[name]]

    def forget(self, name: str) -> None:
        """End the connection to a machine that lost power; the next command opens a new one."""
        ssh = ["ssh", "-F", str(self.config), "-O", "exit", name]
        subprocess.run(ssh, capture_output=True, stdin=subprocess.DEVNULL, check=False)

    def close(self) -> None:
        """End every connection. Idempotent."""
        for name in self._names:
            self.forget(name)
        self._names = []
        self._directory.cleanup()


def _stanza(access: SshAccess, common: dict[str, str]) -> str:
    own = {
        "HostName": access.address,
        "User": access.user,
        "Port": f"{access.port}",
        "StrictHostKeyChecking": "yes" if access.known else "no",
        "UserKnownHostsFile": _quoted(access.known or Path("/dev/null")),
    }
    if access.key:
        own |= {"IdentityFile": _quoted(access.key), "IdentitiesOnly": "yes"}
    lines = [*access.options, *(f"{key} {value}" for key, value in (own | common).items())]
    return f"Host {access.name}\n" + "".join(f"  {line}\n" for line in lines)


def _quoted(path: Path) -> str:
    """The path quoted for ssh_config, which splits values at blanks and expands % sequences."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


class SshTransport:
    """Runs commands on the machine ``access.name``, which is in ``connections``."""

    def __init__(self, connections: SshConnections, access: SshAccess) -> None:
        self._connections = connections
        self._access = access
        self._sudo = "".join(f"{word} " for word in access.sudo)

    def run(self, command: str, timeout: float) -> CommandResult:
        # timeout runs on the machine: closing the connection would not end the process
        guarded = f"{self._sudo}timeout -k 2 {timeout:g} /bin/sh -c {shlex.quote(command)}"
        try:
            done = self.host().backend.run(guarded)
        except RuntimeError as error:  # testinfra's word for ssh's 255
            raise TransportError(
                f"{self._target} cannot be reached to run '{command}': {_ssh_message(error)}"
            ) from error
        if done.rc == TIMED_OUT:
            raise CommandTimeout(f"'{command}' on {self._target} did not end within {timeout:g} s")
        return CommandResult(command, done.rc, done.stdout, done.stderr)

    @contextmanager
    def stream(self, command: str) -> Iterator[Iterator[str]]:
        remote = f"{self._sudo}/bin/sh -c {shlex.quote(f'echo $$; exec {command}')}"
        process = subprocess.Popen(
            ["ssh", "-F", str(self._connections.config), self._access.name, remote],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        lines = (line.rstrip("\n") for line in process.stdout)
        pid = next(lines, "")
        try:
            yield lines
        finally:
            if pid and process.poll() is None:
                self._end(pid)
            process.terminate()
            process.wait()
            process.stdout.close()

    def _end(self, pid: str) -> None:
        try:
            self.run(f"kill {shlex.quote(pid)} 2>/dev/null || true", 5)
        except TransportError:
            return

    def host(self) -> Host:
        return testinfra.get_host(
            f"ssh://{self._access.name}",
            ssh_config=str(self._connections.config),
            # ssh_config has all settings of the connection
            controlpersist=0,
            timeout=SHORTEST,
            sudo=bool(self._sudo),
        )

    @property
    def _target(self) -> str:
        access = self._access
        return f"machine {access.name} (ssh {access.user}@{access.address})"


def _ssh_message(error: RuntimeError) -> str:
    """ssh's message; testinfra puts the result of ssh into the error."""
    result = error.args[0] if error.args else None
    return str(getattr(result, "stderr", "")).strip() or f"ssh ended with exit status {LOST}"
