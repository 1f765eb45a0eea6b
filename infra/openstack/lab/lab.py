"""A lab: one folder with all its files, and two networks on this computer."""

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
"""File in the lab's folder with its secrets and its network."""


@dataclass(frozen=True)
class Lab:
    """A lab; ``network`` is the first two numbers of its addresses, such as ``10.30``."""

    state: Path
    network: str

    def check_folder(self) -> None:
        """Raise UsageError when the folder has other content: ``down`` removes the whole folder."""
        try:
            entries = {entry.name for entry in self.state.iterdir()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"{self.state} cannot be a lab's folder: {error}") from error
        if entries and "secrets.json" not in entries:
            raise UsageError(
                f"{self.state} is not a lab's folder: it has other content; give another --state"
            )

    @property
    def api(self) -> str:
        """The address on which the lab's services listen, reachable from this computer."""
        return f"{self.network}.1.2"

    @property
    def api_gateway(self) -> str:
        return f"{self.network}.1.1"

    @property
    def machines(self) -> str:
        """The network of the servers; this computer is on it and reaches them directly."""
        return f"{self.network}.0.0/24"

    @property
    def machines_gateway(self) -> str:
        return f"{self.network}.0.1"

    @property
    def links(self) -> tuple[str, str]:
        """This computer's ends of the two cables (veth) into the lab: machines and API."""
        number = self.network.partition(".")[2]
        return f"cna-os{number}-m", f"cna-os{number}-a"

    @property
    def host(self) -> str:
        return "openstack-lab"

    def log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"


def known_network(state: Path) -> str | None:
    """The network of the lab in ``state``, if there is one."""
    return _kept(state).get("network")


def _kept(state: Path) -> dict[str, str]:
    """The saved network and secrets of the lab; empty without a lab."""
    path = state / SECRETS
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return kept


@dataclass(frozen=True)
class Secrets:
    """A lab's secrets: generated once, kept with its databases, readable only by root."""

    admin: str
    user: str
    service: str
    database: str
    metadata: str
    heat_key: str

    @classmethod
    def of(cls, lab: Lab) -> Secrets:
        """The lab's secrets, generated for a new lab. Raises UsageError when the lab in that folder
        is on another network."""
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
