"""A machine of the cluster, the same whatever provider made it."""

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
    """How a command reaches a machine (docker exec, ssh)."""

    def run(self, command: str, timeout: float) -> CommandResult:
        """Run a shell command as root. Raises CommandTimeout after ``timeout`` seconds and
        TransportError when the machine cannot be reached (never a failed result for that)."""
        ...

    def stream(self, command: str) -> AbstractContextManager[Iterator[str]]:
        """Run a command until the context is left, and yield its lines as they are written.
        The iterator ends when the command ends or the machine is lost; it never raises for
        either."""
        ...

    def host(self) -> Host:
        """The machine for testinfra's modules (service, file, socket, package)."""
        ...


@dataclass(frozen=True)
class Machine:
    """Guaranteed by its provider: ``name`` is its host name, ``address`` its private address."""

    name: str
    address: str
    metadata: Mapping[str, str]
    transport: Transport
    member: bool = True
    """Whether it is a voting member of etcd."""

    def run(self, command: str, timeout: float = 30.0) -> CommandResult:
        return self.transport.run(command, timeout)

    def check(self, command: str, timeout: float = 30.0) -> str:
        """The standard output of a command that has to succeed; raises CommandFailed."""
        result = self.transport.run(command, timeout)
        if not result.succeeded:
            raise CommandFailed(self.name, result)
        return result.stdout

    @property
    def host(self) -> Host:
        return self.transport.host()
