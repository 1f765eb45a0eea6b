"""The ports of a session's machines: switched off to cut a machine off, and on again in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProviderError
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ledger import Ledger
from pytest_cna.machines.owner import owner_is_alive
from pytest_cna.machines.providers.openstack import network
from pytest_cna.machines.providers.openstack.rejoiner import (
    end_rejoiners,
    set_port,
    start_rejoiner,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.providers.openstack.cloud import Cloud

SWITCH_TIMEOUT = 60.0
"""Seconds until a cloud's agents have carried out what its API accepted."""
UNANSWERED = 3
"""Attempts in a row without an answer until a machine counts as cut off: a busy one misses some."""
ROW = "cut off"
"""Kind of the ledger's rows that name machines whose port was switched off, on again or not."""


class Ports:
    """``stack`` is the name that the ports' names begin with; logs are written to ``directory``."""

    def __init__(self, cloud: Cloud, session: str, stack: str, directory: Path) -> None:
        self._cloud = cloud
        self._ledger = Ledger(session)
        self._stack = stack
        self._directory = directory

    def switch_off(self, machine: Machine, for_at_most: float) -> None:
        """Stop all traffic of a running machine; a process of its own, started before, switches the
        port on again in ``for_at_most`` seconds.

        In effect on return. Idempotent; the time begins again. Raises ProviderError.
        """
        name, port = machine.name, self._port(machine)
        self._ledger.write(ROW, name)
        log = self._directory / f"rejoin-{name}.log"
        owner = start_rejoiner(self._ledger, name, self._cloud.name, port, for_at_most, log)
        self._switch(machine, on=False)
        if not owner_is_alive(owner):
            self.switch_on(machine)
            raise ProviderError(
                f"{name} could not be cut off within the {for_at_most:g} s that it may be"
            )

    def switch_on(self, machine: Machine) -> None:
        """Let traffic through again; machines are reached on return. Idempotent. Raises
        ProviderError; the process that was started by ``switch_off`` then goes on."""
        self._switch(machine, on=True)
        end_rejoiners(self._ledger, machine.name)

    def take_over(self, machines: list[Machine]) -> None:
        """Switch on what an earlier run may have left off; machines need not run. Raises
        CloudError."""
        cut_off = self._ledger.names(ROW)
        for machine in machines:
            if machine.name in cut_off:
                set_port(self._cloud, self._port(machine), on=True)
        end_rejoiners(self._ledger)

    def _switch(self, machine: Machine, *, on: bool) -> None:
        port = self._port(machine)
        if not set_port(self._cloud, port, on=on):
            raise ProviderError(f"cloud '{self._cloud.name}' has no port {port}: was it deleted?")
        # the API reports it before the agents have done it
        address = machine.address
        with self._cloud.in_time():
            wait_for(
                lambda: any(network.answers(address) for _ in range(1 if on else UNANSWERED)),
                lambda answer: answer is on,
                waiting_for=f"{address} to be {'reached' if on else 'cut off'} at port {port}",
                timeout=SWITCH_TIMEOUT,
            )

    def _port(self, machine: Machine) -> str:
        return f"{self._stack}-{machine.name}"
