"""The servers of a stack by the names of their machines, and their power."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_cna.core.errors import MachineNotFound, ProviderError
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.providers.openstack.cloud import CloudError

if TYPE_CHECKING:
    from openstack.compute.v2.server import Server

    from pytest_cna.machines.providers.openstack.cloud import Cloud

POWER_TIMEOUT = 120.0
LOOK = 1.0
"""Seconds that the list of running servers is reused: waiting loops ask ten times a second."""


class Servers:
    def __init__(self, cloud: Cloud, stack: str) -> None:
        self._cloud = cloud
        self._prefix = f"{stack}-"
        self._ids: dict[str, str] = {}
        self._running: frozenset[str] = frozenset()
        self._looked = float("-inf")

    def all(self) -> dict[str, Server]:
        """Machine's name → its server. Raises CloudError."""
        with self._cloud.explaining("servers cannot be listed") as connection:
            servers = list(connection.compute.servers(name=f"^{self._prefix}"))
        # a cloud that does not support patterns returns more
        ours = [each for each in servers if each.name.startswith(self._prefix)]
        found = {each.name.removeprefix(self._prefix): each for each in ours}
        self._ids = {name: each.id for name, each in found.items()}
        return found

    def running(self, machine: str) -> bool:
        """Whether the machine has power; the answer is at most LOOK seconds old."""
        if time.monotonic() - self._looked > LOOK:
            servers = self.all()
            self._running = frozenset(
                name for name, server in servers.items() if server.status == "ACTIVE"
            )
            self._looked = time.monotonic()
        return machine in self._running

    def cut_power(self, machine: str) -> None:
        """Cut the power of a server whose image has ``os_shutdown_timeout=0``.

        nova ends the guest without a shutdown. Idempotent; in effect on return. Raises
        ProviderError.
        """
        self._change(machine, "stop", "SHUTOFF")

    def give_power(self, machine: str) -> None:
        """Give power; it is on when this returns. Idempotent. Raises ProviderError."""
        self._change(machine, "start", "ACTIVE")

    def await_off(self, machine: str) -> None:
        """Wait until nova reports that the guest has shut itself down. Raises ProviderError.

        nova waits for a quarter of a minute before it reports that, since a guest may restart.
        """
        self._await(machine, "SHUTOFF", None)

    def console(self, machine: str, lines: int | None = None) -> str:
        """The last ``lines`` of the console, or everything that the cloud has.

        Raises CloudError; on most clouds, a server without power has no console.
        """
        with self._cloud.explaining(f"the console of {machine} cannot be read") as connection:
            answer = connection.compute.get_server_console_output(self._id(machine), lines)
        return str(answer["output"] or "")

    def _change(self, machine: str, verb: str, wanted: str) -> None:
        self._ask(machine, verb)
        self._await(machine, wanted, verb)

    def _ask(self, machine: str, verb: str) -> None:
        server = self._id(machine)
        try:
            with self._cloud.explaining(f"server {machine} does not {verb}") as connection:
                getattr(connection.compute, f"{verb}_server")(server)
        except CloudError as error:
            if error.gone:
                raise self._missing(machine) from error
            # it is in that state already or busy with another task: its status will show
            if not error.conflicts:
                raise
        finally:
            self._looked = float("-inf")

    def _await(self, machine: str, wanted: str, verb: str | None) -> None:
        def look() -> Server:
            server = self._get(machine)
            if server.status == "ERROR":
                raise ProviderError(f"server {machine} of {self._cloud.name} {fault(server)}")
            if verb and server.status != wanted and not server.task_state:
                self._ask(machine, verb)
            return server

        try:
            with self._cloud.in_time():
                wait_for(
                    look,
                    lambda server: server.status == wanted and not server.task_state,
                    waiting_for=f"server {machine} to be {wanted}",
                    timeout=POWER_TIMEOUT,
                    show=lambda server: f"{server.status}, {server.task_state or 'at rest'}",
                )
        finally:
            self._looked = float("-inf")

    def _get(self, machine: str) -> Server:
        server = self._id(machine)
        try:
            with self._cloud.explaining(f"server {machine} cannot be looked at") as connection:
                return connection.compute.get_server(server)
        except CloudError as error:
            if error.gone:
                raise self._missing(machine) from error
            raise

    def _id(self, machine: str) -> str:
        if machine not in self._ids:
            self.all()
        if machine not in self._ids:
            raise self._missing(machine)
        return self._ids[machine]

    def _missing(self, machine: str) -> MachineNotFound:
        there = ", ".join(sorted(self.all())) or "none"
        return MachineNotFound(
            f"cloud '{self._cloud.name}' has no server {self._prefix}{machine} (there are: {there})"
        )


def fault(server: Server) -> str:
    """nova's message about a server in ERROR."""
    message = (server.fault or {}).get("message") or "nova gives no reason"
    return f"is in ERROR: {message} (id {server.id})"
