"""libvirt through virsh: domains, networks and the storage pool.

A session names what it creates ``cna-<session>-…`` and adds a description, so that the remains of a
killed run are found again and nothing else is touched.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pytest_cna.core.errors import ProviderError
from pytest_cna.machines.providers.libvirt.description import read_description

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.machines.providers.libvirt.description import Description

URI = "qemu:///system"
POOL = "pytest-cna"
CALL_TIMEOUT = 60.0
LOOK = 0.5
"""Seconds that the list of running domains is reused: waiting loops ask ten times a second."""


class LibvirtError(ProviderError):
    """A virsh command failed or did not end in time; the message is virsh's."""


def virsh(*arguments: str, stdin: str | None = None, timeout: float = CALL_TIMEOUT) -> str:
    """The output of one virsh command. Raises LibvirtError."""
    try:
        done = subprocess.run(
            ["virsh", "-q", "-c", URI, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=os.environ | {"LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LibvirtError(
            f"libvirt did not answer 'virsh {' '.join(arguments)}' in {timeout:.0f} s"
        ) from error
    if done.returncode:
        raise LibvirtError(f"virsh {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def domains() -> dict[str, Description]:
    """Name → description of every domain that a session of pytest-cna created."""
    found = {}
    for name in virsh("list", "--all", "--name").split():
        if name.startswith("cna-"):
            description = read_description(_unless_gone("desc", name).strip())
            if description is not None:
                found[name] = description
    return found


def networks() -> dict[str, Description]:
    """Name → description of every network that a session of pytest-cna created."""
    found = {}
    for name in virsh("net-list", "--all", "--name").split():
        if name.startswith("cna-"):
            network = ElementTree.fromstring(_unless_gone("net-dumpxml", name) or "<network/>")
            text = network.findtext("metadata/{cna}session") or ""
            description = read_description(text.strip())
            if description is not None:
                found[name] = description
    return found


class Domains:
    """The domains of one session by the names of their machines."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._running: frozenset[str] = frozenset()
        self._looked = float("-inf")

    def running(self, machine: str) -> bool:
        """Whether the machine has power; the answer is at most LOOK seconds old."""
        if time.monotonic() - self._looked > LOOK:
            self._running = frozenset(virsh("list", "--state-running", "--name").split())
            self._looked = time.monotonic()
        return self.prefix + machine in self._running

    def cut_power(self, machine: str) -> None:
        """Cut the power: the guest cannot react. Idempotent; in effect on return."""
        self._change("destroy", machine, "domain is not running")

    def give_power(self, machine: str) -> None:
        """Idempotent."""
        self._change("start", machine, "already active")

    def journal(self, machine: str, directory: Path) -> None:
        """Copy the journal from the disk of a machine without power to ``directory/journal``.

        Raises LibvirtError or OSError.
        """
        disk = virsh("vol-path", f"{self.prefix}{machine}.img", "--pool", POOL).strip()
        with tempfile.NamedTemporaryFile(dir=directory, suffix=".raw") as raw:
            for command in (
                ["qemu-img", "convert", "-O", "raw", disk, raw.name],
                ["debugfs", "-R", f"rdump /var/log/journal {directory}", raw.name],
            ):
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise LibvirtError(f"{command[0]}: {done.stderr.strip()}")

    def _change(self, verb: str, machine: str, done_already: str) -> None:
        try:
            virsh(verb, self.prefix + machine)
        except LibvirtError as error:
            if done_already not in str(error):
                raise
        finally:
            self._looked = float("-inf")


def remove_domain(name: str) -> None:
    """Remove the domain and its disk. Idempotent. Raises LibvirtError."""
    _unless_gone("destroy", name)
    _unless_gone("undefine", name, "--nvram")
    _unless_gone("vol-delete", f"{name}.img", "--pool", POOL)


def remove_network(name: str) -> None:
    """Idempotent."""
    _unless_gone("net-destroy", name)
    _unless_gone("net-undefine", name)


def _unless_gone(*arguments: str) -> str:
    """The output; empty when there is no such thing, or another run removed it meanwhile."""
    try:
        return virsh(*arguments)
    except LibvirtError as error:
        gone = (
            "not running",
            "not active",
            "failed to get",
            "not found",
            "no domain",
            "no network",
        )
        if not any(words in str(error).lower() for words in gone):
            raise
        return ""


def create_network(name: str, subnet: str, description: Description) -> None:
    """Create a network between this computer and its machines.

    Machines may choose addresses from ``<subnet>.2`` to ``.99``; DHCP assigns those from ``.100``.
    The network is transient: it lasts until it is destroyed or this computer restarts. Raises
    LibvirtError when it overlaps another.
    """
    network = ElementTree.Element("network")
    ElementTree.SubElement(network, "name").text = name
    metadata = ElementTree.SubElement(network, "metadata")
    ElementTree.SubElement(metadata, "{cna}session").text = str(description)
    ElementTree.SubElement(network, "bridge", stp="off", delay="0")
    address = ElementTree.SubElement(network, "ip", address=f"{subnet}.1", netmask="255.255.255.0")
    dhcp = ElementTree.SubElement(address, "dhcp")
    ElementTree.SubElement(dhcp, "range", start=f"{subnet}.100", end=f"{subnet}.199")
    virsh("net-create", "/dev/stdin", stdin=ElementTree.tostring(network, encoding="unicode"))


def gateway(address: str) -> str:
    """This computer's address on the ``create_network`` network of ``address``."""
    return f"{address.rpartition('.')[0]}.1"


def ensure_pool(directory: str) -> None:
    """Create the transient storage pool for disks in ``directory``, if it is missing."""
    if POOL not in virsh("pool-list", "--name").split():
        virsh("pool-create-as", POOL, "dir", "--target", directory, "--build")
    virsh("pool-refresh", POOL)


def remove_pool() -> None:
    """Remove the pool, but not its content, unless another session has machines. Idempotent."""
    if not domains():
        _unless_gone("pool-destroy", POOL)
