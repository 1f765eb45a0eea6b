"""The inventory of an existing cluster, a TOML file that the user writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.toml_reader import check_once, fit_toml, parse_toml
from pytest_cna.deployment.toml_types import Host, HostAndPort, Name
from pytest_cna.machines.transports.ssh import SshAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Keys of a machine that may also be set once, above the first machine, for all machines."""

    user: Name = "root"
    """The user for ssh; any user other than root needs sudo without a password."""
    key: str = ""
    """Private key file, relative to the inventory; by default, ssh's own choice."""
    ssh: HostAndPort = ""
    """``host`` or ``host:port`` for ssh; by default, ``address``."""
    known_hosts: str = ""
    """known_hosts file to check host keys against; by default, they are not checked."""
    member: bool = True
    """Whether the machine is a voting member of etcd."""
    power_cut: str = ""
    """Command for the computer that runs the tests; it cuts the machine's power at once."""
    start: str = ""
    """Command for the computer that runs the tests; it gives the machine power again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Common):
    """A machine of the cluster."""

    name: Name
    """Its host name."""
    address: Host
    """Its private address, which fleet lists and where its etcd and fleet are reached."""

    def access(self, directory: Path) -> SshAccess:
        host, _, port = (self.ssh or self.address).partition(":")
        key = directory / Path(self.key).expanduser() if self.key else None
        known = directory / Path(self.known_hosts).expanduser() if self.known_hosts else None
        return SshAccess(self.name, host, self.user, key, int(port or 22), known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory(Common):
    """The machines of an existing cluster."""

    machine: tuple[Listed, ...]
    """The machines; keys of a machine that are set at the top level are their defaults."""


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """An inventory as it was read."""

    path: Path
    machines: tuple[Listed, ...]
    """Each with the keys that are set for all."""

    def accesses(self) -> list[SshAccess]:
        return [machine.access(self.path.parent) for machine in self.machines]


def read_inventory(path: Path) -> InventoryFile:
    """Read the inventory. Raises ConfigurationError with the file and what is wrong in it."""
    table = parse_toml(path, "inventory")
    fit_toml(table, Inventory, path)
    # before conversion, so that a row that sets a key to its default keeps that value
    common = {key: value for key, value in table.items() if key != "machine"}
    rows = [common | row for row in table["machine"]]
    listed = fit_toml({"machine": rows}, Inventory, path).machine
    check_once([each.name for each in listed], "name", f"{path}: [[machine]]")
    check_once([each.address for each in listed], "address", f"{path}: [[machine]]")
    for each in listed:
        if bool(each.power_cut) != bool(each.start):
            raise ConfigurationError(
                f"{path}: machine '{each.name}' has only one of power_cut and start; set both or "
                "neither"
            )
    return InventoryFile(path, listed)
