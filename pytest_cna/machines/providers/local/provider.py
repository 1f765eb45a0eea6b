"""Machines as systemd containers on a private network of this computer's Docker."""

from __future__ import annotations

import logging
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

import docker
from docker.errors import APIError, DockerException, NotFound

from pytest_cna.core.errors import ConfigurationError, ProvisionError
from pytest_cna.core.fault_kinds import POWER_CUT
from pytest_cna.machines.artefacts.image_store import ImageStore
from pytest_cna.machines.artefacts.rights import machine_rights
from pytest_cna.machines.ledger import (
    OWNER_LABEL,
    SESSION_LABEL,
    Claim,
    Ledger,
    abandoned_ledgers,
    label_flags,
    open_ledger,
    remove_abandoned,
    session_labels,
)
from pytest_cna.machines.owner import owner_is_alive
from pytest_cna.machines.providers.base import Provider
from pytest_cna.machines.providers.local.container import (
    FINGERPRINT_LABEL,
    KEEP_LABEL,
    MACHINE_LABEL,
    as_machine,
    create_container,
)
from pytest_cna.machines.providers.local.network import create_network, wholly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker.models.containers import Container
    from docker.models.networks import Network

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.spec import ClusterSpec, MachineSpec

log = logging.getLogger(__name__)


class LocalProvider(Provider):
    name: ClassVar[str] = "local"
    capabilities = frozenset({POWER_CUT})
    durable: ClassVar[bool] = False

    def set_up(self) -> None:
        self._docker: docker.DockerClient | None = None
        self._rights: tuple[str, ...] = ()
        self._machine_image = ""

    @property
    def client(self) -> docker.DockerClient:
        if self._docker is None:
            self._docker = docker.from_env(timeout=120)
        return self._docker

    @property
    def prefix(self) -> str:
        return f"cna-{self.session}"

    def prepare(self) -> list[str]:
        if shutil.which("docker") is None:
            raise ConfigurationError(
                "the docker command is missing; run: apt-get install docker.io, and repeat"
            )
        version = self.client.version()
        if (version["Os"], version["Arch"]) != ("linux", "amd64"):
            raise ConfigurationError(
                f"Docker here runs {version['Os']}/{version['Arch']}; machines need linux/amd64"
            )
        return remove_abandoned(abandoned_ledgers(self.name), self._claims(), self._remove)

    def versions(self) -> dict[str, str]:
        return {"Docker": self.client.version()["Version"]}

    def adopt(self, fingerprint: str) -> bool:
        for container in self._containers({FINGERPRINT_LABEL: fingerprint, KEEP_LABEL: "true"}):
            if not owner_is_alive(container.labels[OWNER_LABEL]):
                self.session = container.labels[SESSION_LABEL]
                self._machine_image = container.attrs["Config"]["Image"]
                for machine in self.machines():
                    self.start(machine)
                return True
        return False

    def addresses(self, count: int) -> list[str]:
        subnet = self._network().attrs["IPAM"]["Config"][0]["Subnet"].rpartition(".")[0]
        return [f"{subnet}.{11 + index}" for index in range(count)]

    def provision(self, spec: ClusterSpec) -> list[Machine]:
        self._machine_image = spec.machine_image
        store = self._store()
        seed = store.seed(spec.images, self.progress) if spec.images else None
        if spec.keep:
            Ledger(self.session).write("keep", spec.fingerprint)

        def create(machine: MachineSpec) -> None:
            name = f"{self.prefix}-{machine.name}"
            flags = [*self._disk(store, seed, machine), *self._machine_rights()]
            Ledger(self.session).write("container", name)
            create_container(self.client, name, self.prefix, spec, machine, flags).start()

        self.powered = time.monotonic()
        try:
            with ThreadPoolExecutor(len(spec.machines)) as pool:
                list(pool.map(create, spec.machines))
        except DockerException as error:
            raise ProvisionError(f"a machine could not be started: {error}") from error
        return self.machines()

    def _disk(self, store: ImageStore, seed: str | None, machine: MachineSpec) -> list[str]:
        """Flags for the disk on which the machine's Docker keeps images and volumes."""
        if seed is None:
            return ["--volume=/var/lib/docker"]
        disk = f"{self.session}-{machine.name}"
        Ledger(self.session).write("disk", disk)
        return [*store.mount, f"--env=CNA_SEED={seed}", f"--env=CNA_DISK=disks/{disk}"]

    def machines(self) -> list[Machine]:
        containers = self._containers({SESSION_LABEL: self.session, MACHINE_LABEL: None})
        machines = [as_machine(self.client, each, self.prefix) for each in containers]
        return sorted(machines, key=lambda machine: int(machine.name.rpartition("-")[2]))

    def running(self, machine: Machine) -> bool:
        return bool(self._container(machine).status == "running")

    def kill(self, machine: Machine) -> None:
        container = self._container(machine)
        with suppress(APIError):  # it has no power already
            container.kill()
        container.wait(timeout=30)

    def start(self, machine: Machine) -> None:
        self._container(machine).start()

    def stop(self, machine: Machine) -> None:
        self._container(machine).stop(timeout=90)

    def console(self, machine: Machine) -> str:
        return self._container(machine).logs(tail=15).decode(errors="replace")

    def collect(self, machine: Machine, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            (directory / "console.log").write_text(self.console(machine), encoding="utf-8")
            stream, _ = self._container(machine).get_archive("/var/log/journal")
            with (directory / "journal.tar").open("wb") as file:
                file.writelines(stream)
        except (DockerException, OSError) as error:
            log.warning("files of machine %s could not be saved: %s", machine.name, error)

    def destroy(self) -> None:
        try:
            self._remove(self.session)
        except (DockerException, OSError) as error:
            log.warning(
                "not all of session %s was removed (the next run will): %s", self.session, error
            )

    def close(self) -> None:
        self.client.close()

    def _remove(self, session: str) -> None:
        ledger = Ledger(session)
        labels: dict[str, str | None] = {SESSION_LABEL: session}
        containers = self._containers(labels)
        images = [each.attrs["Image"] for each in containers if MACHINE_LABEL in each.labels]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(_remove_container, containers))
        for network in self.client.networks.list(filters={"label": _filters(labels)}):
            network.remove()
        if disks := ledger.names("disk"):
            self._machine_image = self._machine_image or next(iter(images), "")
            self._store().remove_disks(disks)
        ledger.close()

    def _claims(self) -> Iterator[Claim]:
        things = [each.labels for each in self._containers({SESSION_LABEL: None})]
        networks = self.client.networks.list(filters={"label": SESSION_LABEL})
        for labels in [*things, *(network.attrs["Labels"] for network in networks)]:
            kept = labels.get(KEEP_LABEL) == "true"
            yield Claim(labels[SESSION_LABEL], labels[OWNER_LABEL], kept)

    def _network(self) -> Network:
        existing = self.client.networks.list(names=[f"^{self.prefix}$"])
        if existing:
            return existing[0]
        ledger = open_ledger(self.session, self.name)
        ledger.write("network", self.prefix)
        return create_network(self.client, self.prefix, session_labels(self.session))

    def _store(self) -> ImageStore:
        return ImageStore(
            self.client,
            self._machine_image,
            label_flags(session_labels(self.session)),
            self._machine_rights(),
        )

    def _machine_rights(self) -> tuple[str, ...]:
        if not self._rights:
            self._rights = wholly(
                lambda: machine_rights(
                    self.client, self._machine_image, session_labels(self.session)
                )
            )
        return self._rights

    def _containers(self, labels: dict[str, str | None]) -> list[Container]:
        return self.client.containers.list(
            all=True, filters={"label": _filters(labels)}, ignore_removed=True
        )

    def _container(self, machine: Machine) -> Container:
        try:
            return self.client.containers.get(f"{self.prefix}-{machine.name}")
        except NotFound:
            self.machine(machine.name)  # raises MachineNotFound, listing the known names
            raise


def _filters(labels: dict[str, str | None]) -> list[str]:
    return [key if value is None else f"{key}={value}" for key, value in labels.items()]


def _remove_container(container: Container) -> None:
    with suppress(NotFound):
        container.remove(force=True, v=True)
