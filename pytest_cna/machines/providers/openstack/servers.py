"""The servers of one stack by the names of their machines: whether they have power, and how it is
cut and given."""

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
"""Seconds that a look at what runs is good for: those who wait ask ten times a second."""


class Servers:
    def __init__(self, cloud: Cloud, stack: str) -> None:
        self._cloud = cloud
        self._prefix = f"{stack}-"
        self._ids: dict[str, str] = {}
        self._running: frozenset[str] = frozenset()
        self._looked = float("-inf")

    def all(self) -> dict[str, Server]:
        """The servers there are, by the machine's name. Raises CloudError."""
        with self._cloud.explaining("servers cannot be listed") as connection:
            servers = list(connection.compute.servers(name=f"^{self._prefix}"))
        # where names are no patterns, the cloud answers with more
        ours = [each for each in servers if each.name.startswith(self._prefix)]
        found = {each.name.removeprefix(self._prefix): each for each in ours}
        self._ids = {name: each.id for name, each in found.items()}
        return found

    def running(self, machine: str) -> bool:
        """At most LOOK seconds old."""
        if time.monotonic() - self._looked > LOOK:
            servers = self.all()
            self._running = frozenset(
                name for name, server in servers.items() if server.status == "ACTIVE"
            )
            self._looked = time.monotonic()
        return machine in self._running

    def cut_power(self, machine: str) -> None:
        """As pulling the plug, for an image with ``os_shutdown_timeout=0``: nova ends the guest
        without asking it. Idempotent; in effect on return. Raises ProviderError."""
        self._change(machine, "stop", "SHUTOFF")

    def give_power(self, machine: str) -> None:
        """Idempotent; returns when nova has given it. Raises ProviderError."""
        self._change(machine, "start", "ACTIVE")

    def await_off(self, machine: str) -> None:
        """Until nova has seen that the guest shut itself down: it looks at that for a quarter of a
        minute, since a guest may come back. Raises ProviderError."""
        self._await(machine, "SHUTOFF", None)

    def console(self, machine: str, lines: int | None = None) -> str:
        """The last ``lines``, or all that the cloud has. Raises CloudError: a server without power
        has none on most clouds."""
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
            # it is there already, or busy with something else: seen by looking
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
    """What nova says of a server in ERROR."""
    said = (server.fault or {}).get("message") or "says nothing of why"
    return f"is in ERROR: {said} (id {server.id})"
