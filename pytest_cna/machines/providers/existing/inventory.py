"""The inventory of a cluster that is there already: a TOML file the user writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.toml_reader import check_once, fit_toml, parse_toml
from pytest_cna.deployment.toml_types import Host, HostAndPort, Name
from pytest_cna.machines.transports.ssh import SshAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What may be said once for all machines, above the first of them, or of a single one."""

    user: Name = "root"
    """Who logs in by ssh; any other user than root needs sudo without a password."""
    key: str = ""
    """Private key file, relative to the inventory; without it, whatever ssh finds by itself."""
    ssh: HostAndPort = ""
    """``host`` or ``host:port`` for ssh, where it is not ``address``."""
    known_hosts: str = ""
    """File to check host keys against; without it they are not checked."""
    member: bool = True
    """Whether the machine votes in etcd."""
    power_cut: str = ""
    """Command that runs on this computer and cuts the machine's power at once."""
    start: str = ""
    """Command that runs on this computer and gives it power again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Common):
    """A machine of the cluster."""

    name: Name
    """Its host name."""
    address: Host
    """Its private address: what fleet lists it by, and where its etcd and fleet are reached."""

    def access(self, directory: Path) -> SshAccess:
        host, _, port = (self.ssh or self.address).partition(":")
        key = directory / Path(self.key).expanduser() if self.key else None
        known = directory / Path(self.known_hosts).expanduser() if self.known_hosts else None
        return SshAccess(self.name, host, self.user, key, int(port or 22), known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory(Common):
    """The machines of a cluster that is there already."""

    machine: tuple[Listed, ...]
    """The machines; a key of theirs that is set here holds for those that do not set it."""


def read_inventory(path: Path) -> tuple[Listed, ...]:
    """Raises ConfigurationError that names the file and what is wrong with it."""
    table = parse_toml(path, "inventory")
    fit_toml(table, Inventory, path)
    # what is said for all goes into the rows that do not say it, also where they say the default
    common = {key: value for key, value in table.items() if key != "machine"}
    rows = [common | row for row in table["machine"]]
    listed = fit_toml({"machine": rows}, Inventory, path).machine
    check_once([each.name for each in listed], "name", f"{path}: [[machine]]")
    check_once([each.address for each in listed], "address", f"{path}: [[machine]]")
    for each in listed:
        if bool(each.power_cut) != bool(each.start):
            raise ConfigurationError(
                f"{path}: machine '{each.name}' has only one of power_cut and start; a machine "
                "that loses power has to get it again"
            )
    return listed
