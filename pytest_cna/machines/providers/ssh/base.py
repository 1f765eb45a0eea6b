"""The base class of providers whose machines are reached by ssh."""

from __future__ import annotations

import logging
import shutil
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pytest_cna.core.errors import (
    CnaError,
    ConfigurationError,
    ProvisionError,
    TransportError,
    WaitTimeout,
)
from pytest_cna.core.machine import Machine
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.providers.base import Provider
from pytest_cna.machines.providers.ssh.delivery import deliver
from pytest_cna.machines.transports.ssh import SshAccess, SshConnections, SshTransport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_cna.machines.providers.ssh.delivery import Delivery
    from pytest_cna.machines.spec import MachineSpec

log = logging.getLogger(__name__)

JOURNAL_TIMEOUT = 60.0
DOCKER_TIMEOUT = 300.0
"""Seconds; a machine whose network answers may still be in its first boot."""


class SshProvider(Provider):
    """A provider that keeps its machines and the connections to them."""

    def set_up(self) -> None:
        self._connections: SshConnections | None = None
        self._machines: list[Machine] = []

    def _connect(self, specs: Iterable[MachineSpec], user: str, key: Path) -> list[Machine]:
        """Connect to the machines, sorted by the number in ``core-<number>``; ``user`` logs in to
        each with ``key``."""
        specs = sorted(specs, key=lambda spec: int(spec.name.split("-")[1]))
        accesses = {spec.name: SshAccess(spec.name, spec.address, user, key) for spec in specs}
        self._connections = connections = SshConnections(list(accesses.values()))
        self._machines = [
            Machine(
                name=spec.name,
                address=spec.address,
                metadata=spec.metadata,
                transport=SshTransport(connections, accesses[spec.name]),
                member=spec.member,
            )
            for spec in specs
        ]
        return self.machines()

    def _deliver(self, machine: Machine, images: Sequence[str], tag: str) -> Delivery:
        """Deliver ``images`` to the machine. Raises ConfigurationError or ProvisionError."""
        assert self._connections is not None
        ssh = self._connections.command(machine.name)
        return deliver(machine, images, tag, ssh, self.progress)

    def _deliver_to_all(self, images: Sequence[str], tag: str) -> None:
        """Deliver ``images`` to all machines, each as soon as its Docker answers.

        Raises ProvisionError or TransportError.
        """

        def bring(machine: Machine) -> None:
            wait_for(
                lambda: machine.check("docker version"),
                waiting_for=f"Docker of {machine.name} to answer",
                timeout=DOCKER_TIMEOUT,
                interval=1.0,
                transient=(TransportError,),
            )
            self._deliver(machine, images, tag)

        if not images:
            return
        try:
            with ThreadPoolExecutor(len(self._machines)) as pool:
                list(pool.map(bring, self._machines))
        except WaitTimeout as error:
            raise ProvisionError(f"{error}") from error

    def _disconnect(self) -> None:
        """Idempotent."""
        if self._connections is not None:
            self._connections.close()

    def _forget(self, machine: Machine) -> None:
        """End the connection to a machine that lost its power or network."""
        if self._connections is not None:
            self._connections.forget(machine.name)

    def machines(self) -> list[Machine]:
        return list(self._machines)

    def collect(self, machine: Machine, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._collect(machine, directory)
        except (CnaError, OSError) as error:
            log.warning("files of machine %s could not be saved: %s", machine.name, error)

    @abstractmethod
    def _collect(self, machine: Machine, directory: Path) -> None:
        """Save files into the existing ``directory``. Raises CnaError or OSError."""


def save_journal(machine: Machine, directory: Path, timeout: float = JOURNAL_TIMEOUT) -> None:
    """Save a running machine's journal as ``journal.log``. Raises TransportError or OSError."""
    journal = machine.check("journalctl --no-pager -o short-precise", timeout)
    (directory / "journal.log").write_text(journal, encoding="utf-8")


def check_programs(packages: Mapping[str, str]) -> None:
    """Check that programs are installed; ``packages``: program → Debian package.

    Raises ConfigurationError with the missing programs and the command that installs them.
    """
    missing = [program for program in packages if shutil.which(program) is None]
    if missing:
        wanted = " ".join(packages[program] for program in missing)
        raise ConfigurationError(
            f"missing: {', '.join(missing)}; run: apt-get install {wanted}, and repeat"
        )
