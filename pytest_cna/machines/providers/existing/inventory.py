"""The inventory of a cluster that is there already: a TOML file the user writes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.transports.ssh import SshAccess

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Listed:
    """One ``[[machine]]`` of the inventory; what stands above the first one holds for all."""

    name: str
    """Its host name."""
    address: str
    """Its private address: what fleet lists it by, and what we reach its etcd and fleet at."""
    user: str = "root"
    """Who logs in; another than root needs sudo without a password."""
    key: str = ""
    """Private key file, relative to the inventory; empty: whatever ssh finds by itself."""
    ssh: str = ""
    """``host`` or ``host:port`` for ssh, where that is another than ``address``."""
    known_hosts: str = ""
    """File to check host keys against; empty: they are not checked."""
    member: bool = True
    """Whether it is a voting member of etcd."""
    power_cut: str = ""
    """Command, on this computer, that ends the machine without a goodbye."""
    start: str = ""
    """Command, on this computer, that gives it power again."""

    def access(self, directory: Path) -> SshAccess:
        host, _, port = (self.ssh or self.address).partition(":")
        key = directory / Path(self.key).expanduser() if self.key else None
        known = directory / Path(self.known_hosts).expanduser() if self.known_hosts else None
        return SshAccess(self.name, host, self.user, key, int(port or 22), known)


def read_inventory(path: Path) -> tuple[Listed, ...]:
    """Raises ConfigurationError that names the file and what is wrong with it."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"inventory {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"inventory {path}: {error}") from error
    machines = rows.pop("machine", [])
    if not isinstance(machines, list) or not machines:
        raise ConfigurationError(f"inventory {path} lists no machine: add [[machine]] tables")
    listed = tuple(_listed(path, rows | machine) for machine in machines)
    for key in ("name", "address"):
        values = [getattr(each, key) for each in listed]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise ConfigurationError(f"inventory {path}: two machines have the {key} {twice}")
    return listed


def _listed(path: Path, row: Mapping[str, Any]) -> Listed:
    known = {each.name: each.type for each in fields(Listed)}
    for key, value in row.items():
        if key not in known:
            raise ConfigurationError(
                f"inventory {path}: '{key}' means nothing here (known: {', '.join(known)})"
            )
        if type(value).__name__ != known[key]:
            raise ConfigurationError(f"inventory {path}: {key} takes a {known[key]}, not {value!r}")
    missing = [key for key in ("name", "address") if not row.get(key)]
    if missing:
        raise ConfigurationError(f"inventory {path}: a machine has no {missing[0]}: {dict(row)}")
    listed = Listed(**row)
    if bool(listed.power_cut) != bool(listed.start):
        raise ConfigurationError(
            f"inventory {path}: machine {listed.name} has only one of power_cut and start; a "
            "machine that loses power has to get it again"
        )
    return listed
