"""A machine of the cluster, with the same interface for every provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pytest_cna.core.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from testinfra.host import Host

    from pytest_cna.core.model import CommandResult


class Transport(Protocol):
    """A way to run commands on a machine (docker exec, ssh)."""

    def run(self, command: str, timeout: float) -> CommandResult:
        """Run a shell command as root. Raises CommandTimeout after ``timeout`` seconds, and
        TransportError when the machine cannot be reached; that is never a failed result."""
        ...

    def stream(self, command: str) -> AbstractContextManager[Iterator[str]]:
        """Run a command until the context ends, and yield its lines as they are written.

        The iterator ends, without an error, when the command ends or the machine is lost.
        """
        ...

    def host(self) -> Host:
        """The testinfra host of the machine, for testinfra's modules (service, file, socket,
        package)."""
        ...


@dataclass(frozen=True)
class Machine:
    """One machine. Its provider guarantees that ``name`` is its host name and ``address`` its
    private address."""

    name: str
    address: str
    metadata: Mapping[str, str]
    transport: Transport
    member: bool = True
    """Whether it is a voting member of etcd."""

    def run(self, command: str, timeout: float = 30.0) -> CommandResult:
        return self.transport.run(command, timeout)

    def check(self, command: str, timeout: float = 30.0) -> str:
        """Run a command and return its standard output. Raises CommandFailed when it does not
        succeed."""
        result = self.transport.run(command, timeout)
        if not result.succeeded:
            raise CommandFailed(self.name, result)
        return result.stdout

    @property
    def host(self) -> Host:
        return self.transport.host()
