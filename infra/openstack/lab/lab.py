"""What a lab is: one folder with everything of it, and two networks on this computer."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from errors import UsageError

DEFAULT_STATE = Path("/var/lib/pytest-cna/openstack")
CLOUD = "cna-lab"
ADMIN_CLOUD = "cna-lab-admin"
SECRETS = "secrets.json"
"""In the lab's folder; its network is with them."""


@dataclass(frozen=True)
class Lab:
    """``network`` is the first two numbers of its addresses, say ``10.30``."""

    state: Path
    network: str

    def check_folder(self) -> None:
        """Raises UsageError when the folder is there and holds something else: ``down``
        removes it whole."""
        try:
            entries = {entry.name for entry in self.state.iterdir()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"{self.state} cannot be a lab's folder: {error}") from error
        if entries and "secrets.json" not in entries:
            raise UsageError(f"{self.state} is no lab's folder, it holds other things")

    @property
    def api(self) -> str:
        """Where the lab's services listen, reachable from this computer."""
        return f"{self.network}.1.2"

    @property
    def api_gateway(self) -> str:
        return f"{self.network}.1.1"

    @property
    def machines(self) -> str:
        """The network of the servers; this computer is in it, so that it reaches them directly."""
        return f"{self.network}.0.0/24"

    @property
    def machines_gateway(self) -> str:
        return f"{self.network}.0.1"

    @property
    def links(self) -> tuple[str, str]:
        """This computer's ends of the two cables into the lab: to the machines, to the API."""
        number = self.network.partition(".")[2]
        return f"cna-os{number}-m", f"cna-os{number}-a"

    @property
    def host(self) -> str:
        return "openstack-lab"

    def log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"


def known_network(state: Path) -> str | None:
    """Of the lab that ``state`` holds, if it holds one."""
    return _kept(state).get("network")


def _kept(state: Path) -> dict[str, str]:
    """The lab's network and its secrets; empty where there is no lab."""
    path = state / SECRETS
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return kept


@dataclass(frozen=True)
class Secrets:
    """Generated once a lab; kept with its databases, readable by root alone."""

    admin: str
    user: str
    service: str
    database: str
    metadata: str
    heat_key: str

    @classmethod
    def of(cls, lab: Lab) -> Secrets:
        """Those of the lab, new ones for a new lab. Raises UsageError when the lab in
        that folder lives on another network."""
        kept = _kept(lab.state)
        if kept:
            network = kept.pop("network")
            if network != lab.network:
                raise UsageError(
                    f"the lab in {lab.state} is on {network}, not on {lab.network}: take it down "
                    f"first, or give it another --state"
                )
            return cls(**kept)
        path = lab.state / SECRETS
        new = {name: secrets.token_hex(16) for name in cls.__dataclass_fields__}
        path.touch(mode=0o600)
        path.write_text(json.dumps({"network": lab.network, **new}), encoding="utf-8")
        return cls(**new)
