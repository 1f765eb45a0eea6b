"""libvirt through virsh: the domains, networks and the pool of one session.

What a session makes is named ``cna-<session>-…`` and carries its description, so that it is found
again after a run that was killed, and nothing of anybody else's is ever touched.
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
"""Seconds that a look at what runs is good for: those who wait ask ten times a second."""


class LibvirtError(ProviderError):
    """virsh said no; carries its words."""


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
    """Every domain that some session of ours made, with its description."""
    found = {}
    for name in virsh("list", "--all", "--name").split():
        if name.startswith("cna-"):
            description = read_description(virsh("desc", name).strip())
            if description is not None:
                found[name] = description
    return found


def networks() -> dict[str, Description]:
    """The same for networks."""
    found = {}
    for name in virsh("net-list", "--all", "--name").split():
        if name.startswith("cna-"):
            title = ElementTree.fromstring(virsh("net-dumpxml", name)).find("metadata/{cna}session")
            text = "" if title is None else title.text or ""
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
        """At most LOOK seconds old."""
        if time.monotonic() - self._looked > LOOK:
            self._running = frozenset(virsh("list", "--state-running", "--name").split())
            self._looked = time.monotonic()
        return self.prefix + machine in self._running

    def cut_power(self, machine: str) -> None:
        """As pulling the plug: the guest gets no word of it. Idempotent; in effect on return."""
        self._change("destroy", machine, "domain is not running")

    def give_power(self, machine: str) -> None:
        """Idempotent."""
        self._change("start", machine, "already active")

    def journal(self, machine: str, directory: Path) -> None:
        """Take the journal of a machine without power from its disk into ``directory/journal``.
        Raises LibvirtError or OSError."""
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
    """With its disk. Idempotent. Raises LibvirtError when it is still there."""
    _unless_gone("destroy", name)
    _unless_gone("undefine", name, "--nvram")
    _unless_gone("vol-delete", f"{name}.img", "--pool", POOL)


def remove_network(name: str) -> None:
    """Idempotent."""
    _unless_gone("net-destroy", name)
    _unless_gone("net-undefine", name)


def _unless_gone(*arguments: str) -> None:
    try:
        virsh(*arguments)
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


def create_network(name: str, subnet: str, description: Description) -> None:
    """A network between this computer and its machines, addresses ``<subnet>.2`` to ``.99`` free
    for them to take and ``.100`` on given out. Raises LibvirtError when it overlaps another.

    It lasts until it is destroyed or the computer boots (it is not defined).
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
    """This computer's address on the network of ``create_network`` that has ``address``."""
    return f"{address.rpartition('.')[0]}.1"


def ensure_pool(directory: str) -> None:
    """Where disks lie, until it is destroyed or the computer boots."""
    if POOL not in virsh("pool-list", "--name").split():
        virsh("pool-create-as", POOL, "dir", "--target", directory, "--build")
    virsh("pool-refresh", POOL)


def remove_pool() -> None:
    """The pool, not what is in it; left where another session still has machines. Idempotent."""
    if not domains():
        _unless_gone("pool-destroy", POOL)
