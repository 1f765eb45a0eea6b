"""Virtual machines that Vagrant creates with libvirt (KVM, or QEMU's emulation).

Vagrant brings them up from ``infra/vagrant/Vagrantfile``, which can be used by hand too. Other
operations use libvirt directly, by the names and descriptions of domains and networks: cutting and
giving power, and finding and removing what a session created.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

from pytest_cna.core.errors import ProvisionError
from pytest_cna.core.fault_kinds import POWER_CUT
from pytest_cna.machines.artefacts.machine_disk import build_machine_disk
from pytest_cna.machines.flatcar.file_server import FileServer
from pytest_cna.machines.flatcar.programs import as_flatcar, gather_programs
from pytest_cna.machines.ledger import Ledger, open_ledger, session_labels
from pytest_cna.machines.owner import owner_is_alive, this_owner
from pytest_cna.machines.providers.libvirt import virsh
from pytest_cna.machines.providers.libvirt.accelerator import QEMU, Accelerator, find_accelerator
from pytest_cna.machines.providers.libvirt.daemons import LibvirtDaemons
from pytest_cna.machines.providers.libvirt.description import Description
from pytest_cna.machines.providers.ssh.base import SshProvider, check_programs, save_journal
from pytest_cna.machines.providers.ssh.key_pair import make_key
from pytest_cna.machines.providers.vagrant.box import add_box, flatcar_box, remove_other_boxes
from pytest_cna.machines.providers.vagrant.cluster_file import INTERFACE, cluster_file
from pytest_cna.machines.providers.vagrant.options import VagrantOptions
from pytest_cna.machines.providers.vagrant.removal import remove_leftovers, remove_session
from pytest_cna.machines.providers.vagrant.session import (
    VagrantSession,
    console,
    vagrant_directory,
    vagrant_home,
)
from pytest_cna.machines.providers.virtual_machine import machine_user
from pytest_cna.machines.spec import Access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.artefacts.machine_disk import MachineDisk
    from pytest_cna.machines.providers.vagrant.box import Box
    from pytest_cna.machines.spec import ClusterSpec

log = logging.getLogger(__name__)

UP_TIMEOUT = 900.0
PACKAGES = {
    "vagrant": "vagrant",
    "virsh": "libvirt-clients",
    QEMU: "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ssh": "openssh-client",
}
CONSOLE_LINES = 15


class VagrantProvider(SshProvider):
    name: ClassVar[str] = "vagrant"
    capabilities = frozenset({POWER_CUT})
    takes = VagrantOptions
    options: VagrantOptions

    def set_up(self) -> None:
        super().set_up()
        self._daemons = LibvirtDaemons(self.progress)
        self._disk: MachineDisk | None = None
        self._programs: Path | None = None
        """Programs for machines of Flatcar; None for the project's own image."""
        self._server: FileServer | None = None
        self._accelerator: Accelerator | None = None
        self._attach(self.session)

    def _attach(self, session: str) -> None:
        self.session = session
        self._vagrant = VagrantSession(session)
        self._domains = virsh.Domains(f"cna-{session}-")

    @property
    def _user(self) -> str:
        return machine_user(self.options.machine_image)

    def prepare(self) -> list[str]:
        check_programs(PACKAGES)
        self._daemons.ensure()
        return remove_leftovers(self.name)

    def make_ready(self, machine_image: str, images: Sequence[str]) -> None:
        labels = session_labels(self.session)
        if self.options.machine_image:
            flatcar_box(vagrant_home())
            self._programs = gather_programs(machine_image, labels)
            # only the kernel of the project's own disk is needed, to probe KVM
            images = ()
        self._disk = build_machine_disk(machine_image, images, labels, self.progress)
        self._accelerator = find_accelerator(self._disk.kernel, vagrant_directory())
        self.timing = self._accelerator.timing
        self.progress(f"virtual machines: {self._accelerator}")

    def versions(self) -> dict[str, str]:
        words = [line.split() for line in virsh.virsh("version").splitlines() if line]
        found = {" ".join(line[:2]).rstrip(":"): line[-1] for line in words}
        return {
            "libvirt": found.get("Using library", "unknown"),
            "QEMU": found.get("Running hypervisor", "unknown"),
            "machines": f"{self._accelerator}",
        }

    def addresses(self, count: int) -> list[str]:
        name = f"cna-{self.session}"
        ledger = open_ledger(self.session, self.name)
        ledger.write("network", name)
        first = crc32(self.session.encode())
        for attempt in range(64):
            subnet = f"172.31.{(first + attempt) % 250}"
            try:
                virsh.create_network(name, subnet, Description(self.session, this_owner()))
            except virsh.LibvirtError as error:
                if "in use" not in str(error):
                    raise ProvisionError(f"libvirt cannot create a network: {error}") from error
            else:
                return [f"{subnet}.{11 + index}" for index in range(count)]
        raise ProvisionError(
            "no free network in 172.31.0.0/16; to see what uses them, run: virsh net-list --all, "
            "and: ip route"
        )

    def provision(self, spec: ClusterSpec) -> list[Machine]:
        self._vagrant.make()
        self._vagrant.check_plugin()
        assert self._disk is not None
        assert self._accelerator is not None
        _check_memory(len(spec.machines), self.options.memory, self._accelerator.overhead)
        spec, box = self._spec_and_box(spec)
        pool = vagrant_directory() / "pool"
        pool.mkdir(exist_ok=True)
        virsh.ensure_pool(str(pool))
        rows = cluster_file(
            spec,
            self.options,
            self._vagrant.directory,
            box,
            self._accelerator.driver,
            virsh.POOL,
        )
        self._vagrant.cluster.write_text(json.dumps(rows), "utf-8")
        ledger = Ledger(self.session)
        for machine in spec.machines:
            ledger.write("domain", f"cna-{self.session}-{machine.name}")
        if spec.keep:
            ledger.write("keep", spec.fingerprint)
        self.powered = float("inf")
        try:
            self._up()
        except ProvisionError as error:
            consoles = "\n".join(
                f"console of {machine.name}:\n{self._console(machine.name)}"
                for machine in spec.machines
            )
            raise ProvisionError(f"{error}\n{consoles}") from error
        self._connect(spec.machines, self._user, self._vagrant.key)
        if spec.fetched:
            self._deliver_to_all(spec.images, spec.image_tag)
        return self.machines()

    def _spec_and_box(self, spec: ClusterSpec) -> tuple[ClusterSpec, Box]:
        """The cluster with the user for ssh, and the box of its machines."""
        assert self._disk is not None
        key = make_key(self._vagrant.directory)
        if self._programs is not None:
            # the network's first address is this computer's
            self._server = FileServer(self._programs, virsh.gateway(spec.machines[0].address))
            spec = as_flatcar(spec, key, self._programs, self._server.url)
            return spec, flatcar_box(vagrant_home())
        box = add_box(self._disk, vagrant_home(), self._vagrant.add_box, self.progress)
        if not virsh.domains():
            remove_other_boxes(vagrant_home(), vagrant_directory() / "pool", box.version)
        return replace(spec, access=Access("root", key), interface=INTERFACE), box

    def _up(self) -> None:
        def powered() -> None:
            self.powered = min(self.powered, time.monotonic())

        # in a thread, so that Ctrl-C need not wait for Vagrant; destroy ends it
        pool = ThreadPoolExecutor(1)
        try:
            pool.submit(self._vagrant.up, powered).result(UP_TIMEOUT)
        except TimeoutError as error:
            raise ProvisionError(
                f"vagrant up took over {UP_TIMEOUT:.0f} s; its log ends:\n"
                f"{self._vagrant.log_tail()}"
            ) from error
        finally:
            pool.shutdown(wait=False)

    def adopt(self, fingerprint: str) -> bool:
        kept: dict[str, list[Description]] = {}
        for domain in virsh.domains().values():
            if domain.keep and domain.fingerprint == fingerprint:
                kept.setdefault(domain.session, []).append(domain)
        for session, domains in kept.items():
            if not owner_is_alive(domains[0].owner) and VagrantSession(session).key.exists():
                self._attach(session)
                specs = [domain.machine for domain in domains if domain.machine is not None]
                for machine in self._connect(specs, self._user, self._vagrant.key):
                    self.start(machine)
                return True
        return False

    def running(self, machine: Machine) -> bool:
        return self._domains.running(machine.name)

    def kill(self, machine: Machine) -> None:
        self._domains.cut_power(machine.name)
        self._forget(machine)

    def start(self, machine: Machine) -> None:
        self._domains.give_power(machine.name)

    def stop(self, machine: Machine) -> None:
        self._vagrant.halt(machine.name)
        self._forget(machine)

    def console(self, machine: Machine) -> str:
        return self._console(machine.name)

    def _console(self, machine: str) -> str:
        try:
            path = console(self._vagrant.directory, machine)
            text = path.read_text("utf-8", errors="replace")
        except OSError as error:
            return f"(the console cannot be read: {error})"
        return "\n".join(text.splitlines()[-CONSOLE_LINES:])

    def _collect(self, machine: Machine, directory: Path) -> None:
        shutil.copy(console(self._vagrant.directory, machine.name), directory / "console.log")
        if self.running(machine):
            save_journal(machine, directory)
        else:
            self._domains.journal(machine.name, directory)

    def destroy(self) -> None:
        self._disconnect()
        if self._server is not None:
            self._server.close()
        try:
            remove_session(self.session)
        except (virsh.LibvirtError, OSError) as error:
            log.warning(
                "not all of session %s was removed (the next run will): %s", self.session, error
            )
        self._machines = []

    def close(self) -> None:
        with suppress(virsh.LibvirtError):
            virsh.remove_pool()
        self._daemons.stop()


def _check_memory(machines: int, memory: int, overhead: float) -> None:
    """Check that there is enough memory: ``memory`` MiB and ``overhead`` GiB for each machine.

    Raises ProvisionError.
    """
    meminfo = Path("/proc/meminfo").read_text("utf-8").split("MemAvailable:")[1].split()[0]
    free = int(meminfo) / 2**20
    needed = machines * (memory / 1024 + overhead)
    if free < needed:
        raise ProvisionError(
            f"not enough memory: {machines} machines of {memory} MiB need "
            f"{needed:.1f} GiB and {free:.1f} GiB are free; reduce --cna-machines or "
            "--cna-memory"
        )
