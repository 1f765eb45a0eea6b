"""The cluster: machines that form one etcd cluster and one fleet cluster."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pytest_cna.cluster.clients import clients_of
from pytest_cna.cluster.endpoints import Endpoints, names_by_id
from pytest_cna.core import clock
from pytest_cna.core.errors import FleetError, ProvisionError, WaitTimeout
from pytest_cna.core.timing import NATIVE
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.spec import ClusterSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_cna.cluster.request import ClusterRequest
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.core.timing import Timing
    from pytest_cna.machines.artefacts.build import Artefacts
    from pytest_cna.machines.providers.base import Provider

BOOT_TIMEOUT = 300.0
"""Seconds for machines to boot and join; virtual machines without KVM are the slowest."""


class Cluster:
    """The machines of one run. ``bring_up`` may follow ``destroy``, to replace a cluster that is
    not usable for the next scenario."""

    def __init__(
        self, provider: Provider, timeline: Timeline, progress: Callable[[str], None]
    ) -> None:
        self.provider = provider
        self.timeline = timeline
        self.progress = progress
        self.clients = clients_of(provider)
        self.timing = NATIVE
        self.boot_seconds = 0.0
        """Seconds from power-on until fleet lists all machines. For a cluster that was kept by an
        earlier run the boot is unknown; the time until fleet answered stands in for it."""
        self._reach(Endpoints())

    def _reach(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints
        self.fleet = self.clients.fleet(endpoints.fleet, endpoints.fleet_timeout)

    @property
    def machines(self) -> list[Machine]:
        """Its machines, running or not."""
        return list(self.endpoints.machines)

    @property
    def etcd_endpoints(self) -> list[str]:
        """``address:port`` of each etcd member."""
        return self.endpoints.etcd

    @property
    def machine_names(self) -> dict[str, str]:
        """Address → name."""
        return self.endpoints.names

    def joined(self) -> dict[str, str]:
        """fleet's id → name of each machine in fleet's list. Raises FleetError."""
        return names_by_id(self.fleet.machines(), self.endpoints.names)

    def machine(self, name_or_address: str) -> Machine:
        """The machine of that name or address. Raises MachineNotFound."""
        name = self.machine_names.get(name_or_address, name_or_address)
        return self.provider.machine(name)

    def bring_up(self, request: ClusterRequest, artefacts: Artefacts) -> bool:
        """Start the machines and wait until all are in etcd and in fleet's machine list, or reuse a
        cluster that an earlier run kept with the same settings and artefacts.

        Returns whether a kept cluster was reused. Raises ProvisionError or WaitTimeout with the
        console of the missing machine; the caller then calls ``destroy``.
        """
        self.provider.make_ready(artefacts.machine_image, artefacts.images)
        self.timing = request.timing(self.provider.timing)
        fingerprint = _fingerprint(self.provider, request, self.timing, artefacts)
        kept = self.provider.adopt(fingerprint)
        if kept:
            self.progress(f"taking over the cluster that run {self.provider.session} kept")
            machines = self.provider.machines()
        else:
            self.progress(f"starting {request.machines} machines ({self.provider.name})")
            addresses = self.provider.addresses(request.machines)
            machines = self.provider.provision(
                ClusterSpec(
                    session=self.provider.session,
                    machines=name_machines(addresses, request.metadata),
                    timing=self.timing,
                    machine_image=artefacts.machine_image,
                    fingerprint=fingerprint,
                    image_tag=artefacts.image_tag,
                    images=artefacts.images,
                    durable=self.provider.durable,
                    keep=request.keep,
                    ports=request.ports,
                )
            )
        powered = min(self.provider.powered, clock.monotonic())
        # fleet waits for etcd, so it may need longer where etcd's elections are slow
        self._reach(Endpoints(tuple(machines), fleet_timeout=max(5.0, 4 * self.timing.election)))
        self._wait_until_joined()
        self.boot_seconds = clock.monotonic() - powered
        return kept

    def _wait_until_joined(self) -> None:
        expected = {machine.address for machine in self.machines}
        try:
            wait_for(
                lambda: {machine.address for machine in self.fleet.machines()},
                lambda joined: joined == expected,
                waiting_for=f"fleet to list all {len(expected)} machines",
                timeout=BOOT_TIMEOUT,
                interval=0.05,
                transient=(FleetError,),
                alive=self._check_power,
                show=lambda joined: f"{len(joined)} machines ({', '.join(sorted(joined))})",
            )
        except WaitTimeout as error:
            consoles = "\n".join(
                f"console of {machine.name}:\n{self.provider.console(machine)}"
                for machine in self.machines
            )
            raise ProvisionError(f"{error}\n{consoles}") from error

    @property
    def powered(self) -> list[Machine]:
        """The machines that have power."""
        return [machine for machine in self.machines if self.provider.running(machine)]

    def _check_power(self) -> None:
        for machine in self.machines:
            if not self.provider.running(machine):
                raise ProvisionError(
                    f"machine {machine.name} stopped while it booted; its console:\n"
                    f"{self.provider.console(machine)}"
                )

    def save_journals(self, directory: Path) -> None:
        """Save each machine's console and journals in ``directory/<its name>``. Never raises."""
        with ThreadPoolExecutor() as pool:
            for machine in self.machines:
                pool.submit(self.provider.collect, machine, directory / machine.name)

    def destroy(self) -> None:
        """Remove every machine. Idempotent, never raises."""
        self.provider.destroy()
        self._reach(Endpoints())


def _fingerprint(
    provider: Provider, request: ClusterRequest, timing: Timing, artefacts: Artefacts
) -> str:
    making = (
        provider.name,
        request.machines,
        timing,
        artefacts.machine_image,
        provider.options,
        artefacts.image_tag,
        [sorted(each.items()) for each in request.metadata],
        list(request.ports),
    )
    return hashlib.sha256(repr(making).encode()).hexdigest()[:16]
