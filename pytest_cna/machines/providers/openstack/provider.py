"""Machines that are servers of a Heat stack on the user's OpenStack.

A session's stack is found by its tags; its servers, ports and security group by their names, which
begin with the stack's name; unfinished images by their owner in a property.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

from pytest_cna.core.errors import (
    CnaError,
    ConfigurationError,
    ProviderError,
    ProvisionError,
    TransportError,
    WaitTimeout,
)
from pytest_cna.core.fault_kinds import PARTITION, POWER_CUT
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.artefacts.machine_disk import build_machine_disk
from pytest_cna.machines.flatcar.programs import as_flatcar, gather_programs
from pytest_cna.machines.ledger import Ledger, open_ledger, session_labels
from pytest_cna.machines.owner import owner_is_alive
from pytest_cna.machines.providers.openstack import glance_image, network, stack
from pytest_cna.machines.providers.openstack.boot_phases import BootPhases
from pytest_cna.machines.providers.openstack.cloud import Cloud, CloudError, connect
from pytest_cna.machines.providers.openstack.limits import (
    Flavor,
    check_quota,
    check_size,
    find_flavor,
)
from pytest_cna.machines.providers.openstack.options import OpenStackOptions
from pytest_cna.machines.providers.openstack.ports import Ports
from pytest_cna.machines.providers.openstack.removal import remove_leftovers, remove_session
from pytest_cna.machines.providers.openstack.servers import Servers
from pytest_cna.machines.providers.openstack.session import SessionFiles
from pytest_cna.machines.providers.ssh.base import SshProvider, check_programs, save_journal
from pytest_cna.machines.providers.ssh.key_pair import make_key
from pytest_cna.machines.providers.virtual_machine import FLATCAR, machine_user
from pytest_cna.machines.spec import Access

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.artefacts.machine_disk import MachineDisk
    from pytest_cna.machines.spec import ClusterSpec

log = logging.getLogger(__name__)

INTERFACE = "eth0"
ANSWER_TIMEOUT = 240.0
"""Seconds from power on to a network that answers; an emulated machine boots slowly."""
CONSOLE_LINES = 15
COMMAND_TIMEOUT = 60.0
PACKAGES = {"qemu-img": "qemu-utils", "ssh": "openssh-client"}


@dataclass(frozen=True, slots=True)
class Place:
    """The cloud, flavor and network of machines."""

    cloud: Cloud
    flavor: Flavor
    network: network.Network


class OpenStackProvider(SshProvider):
    name: ClassVar[str] = "openstack"
    capabilities = frozenset({POWER_CUT, PARTITION})

    takes = OpenStackOptions
    options: OpenStackOptions
    _place: Place
    _servers: Servers
    _ports: Ports

    def set_up(self) -> None:
        super().set_up()
        self._cloud: Cloud | None = None
        """None until there is something to remove or to close."""
        self._asking = False
        """Whether Heat has been asked for a stack and has not answered yet."""

    def prepare(self) -> list[str]:
        check_programs(PACKAGES)
        if self.options.machine_image and not self.options.programs_url:
            raise ConfigurationError(
                "servers of Flatcar need --cna-programs-url=URL, a web server that they can reach "
                "with the files that 'cna programs DIRECTORY' wrote (docs/openstack.md)"
            )
        self._cloud = cloud = connect(self.options.cloud)
        flavor = find_flavor(cloud, self.options.flavor)
        self._place = Place(cloud, flavor, network.find_network(cloud, self.options.network))
        self.timing = flavor.timing
        return remove_leftovers(cloud, self.name)

    def reach(self) -> None:
        # the ledger of a kept session has the name of its cloud
        named = "".join(Ledger(self.session).names("cloud"))
        self._cloud = connect(named or self.options.cloud)

    @property
    def _user(self) -> str:
        return machine_user(self.options.machine_image)

    def _attach(self, session: str) -> None:
        self.session = session
        self._files = SessionFiles(session)
        cloud, name = self._place.cloud, stack.stack_name(session)
        self._servers = Servers(cloud, name)
        self._ports = Ports(cloud, session, name, self._files.directory)

    def versions(self) -> dict[str, str]:
        cloud = self._place.cloud
        versions = {"cloud": cloud.name, "machines": f"{self._place.flavor}"}
        with suppress(CloudError):
            versions["Nova API"] = cloud.version("compute")
        return versions

    def adopt(self, fingerprint: str) -> bool:
        for kept in stack.our_stacks(self._place.cloud):
            files = SessionFiles(kept.session)
            if kept.keep != fingerprint or owner_is_alive(kept.owner) or not files.key.exists():
                continue
            self._attach(kept.session)
            machines = self._connect(files.machines(), self._user, files.key)
            for machine in machines:
                self.start(machine)
            self._ports.take_over(machines)
            return True
        return False

    def addresses(self, count: int) -> list[str]:
        place = self._place
        ledger = open_ledger(self.session, self.name)
        ledger.write("cloud", place.cloud.name)
        taken = network.taken_addresses(place.cloud, place.network)
        start = crc32(self.session.encode())
        return network.choose_addresses(place.network, taken, count, start)

    def provision(self, spec: ClusterSpec) -> list[Machine]:
        cloud, flavor = self._place.cloud, self._place.flavor
        check_size(flavor, self.options.memory, self.options.cpus)
        check_quota(cloud, flavor, len(spec.machines))
        client = self.options.client or network.own_address(spec.machines[0].address)
        self._attach(self.session)
        self._files.make()
        self.progress(f"machines: {flavor} on cloud '{cloud.name}'")
        ledger = Ledger(self.session)
        spec = replace(spec, assigned=True)
        key = make_key(self._files.directory)
        labels = session_labels(self.session)
        disk = None
        if self.options.machine_image:
            programs = gather_programs(spec.machine_image, labels)
            spec = as_flatcar(spec, key, programs, self.options.programs_url)
        else:
            disk = build_machine_disk(spec.machine_image, spec.images, labels, self.progress)
            spec = replace(spec, access=Access("root", key), interface=INTERFACE)
        phases = BootPhases(self.progress)
        image = self._image(disk, ledger)
        phases.ends("image looked up, or uploaded")
        self._files.keep_machines(spec.machines)
        ledger.write("stack", stack.stack_name(self.session))
        if spec.keep:
            ledger.write("keep", spec.fingerprint)
        self._create(stack.stack_request(spec, image, flavor.id, self._place.network.id, client))
        events = stack.stack_events(cloud, stack.stack_name(self.session))
        self.powered = phases.stack_created(events)
        self._connect(spec.machines, self._user, self._files.key)
        self._await_answers(client)
        phases.ends("machines booted until their network answered")
        if spec.fetched:
            self._deliver_to_all(spec.images, spec.image_tag)
        return self.machines()

    def _image(self, disk: MachineDisk | None, ledger: Ledger) -> str:
        """Id of the image of ``disk``, uploaded if it is missing; without a disk, of Flatcar's."""
        cloud = self._place.cloud
        if disk is None:
            return glance_image.find_image(cloud, FLATCAR)
        image = glance_image.ensure_image(cloud, disk, ledger, self.progress)
        if not stack.our_stacks(cloud):
            glance_image.remove_others(cloud, glance_image.image_name(disk))
        return image

    def _create(self, request: dict[str, object]) -> None:
        self.powered = float("inf")
        self._asking = True
        stack.create_stack(self._place.cloud, request)
        self._asking = False
        stack.await_created(self._place.cloud, stack.stack_name(self.session))

    def _await_answers(self, client: str) -> None:
        silent = list(self._machines)

        def look() -> str:
            silent[:] = [each for each in silent if not network.answers(each.address)]
            return ", ".join(f"{each.name} ({each.address})" for each in silent)

        try:
            wait_for(
                look,
                lambda names: not names,
                waiting_for="the machines' network to answer",
                timeout=ANSWER_TIMEOUT,
                alive=self._check_power,
                show=lambda names: f"silence of {names}",
            )
        except WaitTimeout as error:
            raise ProvisionError(
                f"{error}. Check that the machines see this computer as {client}, the only address "
                "that their security group admits (otherwise give --os-client), that they have a "
                f"route to it, and that DHCP works on network '{self._place.network.name}'.\n"
                f"{self._consoles(silent)}"
            ) from error

    def _check_power(self) -> None:
        ended = [each for each in self._machines if not self.running(each)]
        if ended:
            raise ProvisionError(
                f"machines ended while they started: {', '.join(each.name for each in ended)}\n"
                f"{self._consoles(ended)}"
            )

    def _consoles(self, machines: list[Machine]) -> str:
        return "\n".join(f"console of {each.name}:\n{self.console(each)}" for each in machines)

    def running(self, machine: Machine) -> bool:
        return self._servers.running(machine.name)

    def kill(self, machine: Machine) -> None:
        # a server without power has no console, and its next start begins a new one
        with suppress(CloudError, OSError):
            self._files.keep_console(machine.name, self._servers.console(machine.name))
        self._servers.cut_power(machine.name)
        self._forget(machine)

    def start(self, machine: Machine) -> None:
        self._servers.give_power(machine.name)

    def stop(self, machine: Machine) -> None:
        # not nova's stop: with the machines' image that is a power cut
        with suppress(TransportError):
            machine.run("systemctl --no-block poweroff", COMMAND_TIMEOUT)
        self._servers.await_off(machine.name)
        self._forget(machine)

    def isolate(self, machine: Machine, for_at_most: float) -> None:
        """Switch the machine's port off; a process of its own switches it on in time.

        That process ends with this computer, or with the container that the run is in. The next run
        on the cloud then removes the cluster, or takes a kept one over and rejoins its machines.
        """
        self._ports.switch_off(machine, for_at_most)
        self._forget(machine)

    def rejoin(self, machine: Machine) -> None:
        self._ports.switch_on(machine)

    def console(self, machine: Machine) -> str:
        try:
            text = self._servers.console(machine.name, CONSOLE_LINES)
        except ProviderError as error:
            text = self._files.kept_console(machine.name)
            if not text:
                return f"(the console cannot be read: {error})"
        return "\n".join(text.splitlines()[-CONSOLE_LINES:])

    def _collect(self, machine: Machine, directory: Path) -> None:
        text = self._files.kept_console(machine.name)
        running = self.running(machine)
        if running:
            text += self._servers.console(machine.name)
        (directory / "console.log").write_text(text, "utf-8")
        if running:
            save_journal(machine, directory)

    def destroy(self) -> None:
        self._disconnect()
        if self._cloud is not None:
            try:
                remove_session(self._cloud, self.session, asking=self._asking)
            except (CnaError, OSError) as error:
                log.warning(
                    "not all of session %s was removed (the next run will): %s",
                    self.session,
                    error,
                )
        self._asking = False
        self._machines = []

    def close(self) -> None:
        self._disconnect()
        if self._cloud is not None:
            self._cloud.close()
