"""The specification that a provider is given: machines and the cluster they form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.core.timing import Timing


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A machine to create. Its address may be empty until the provider assigns one."""

    name: str
    address: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    member: bool = True
    """Whether it is a voting member of etcd; other machines are clients of the members."""

    def as_row(self) -> dict[str, object]:
        """The machine for JSON; ``from_row`` is the inverse."""
        return {
            "machine": self.name,
            "address": self.address,
            "metadata": dict(self.metadata),
            "member": self.member,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> MachineSpec:
        """The machine from ``as_row``. Raises KeyError when ``row`` lacks a key."""
        return cls(row["machine"], row["address"], row["metadata"], row["member"])


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A program that a machine's image lacks and that Ignition fetches at the first boot."""

    path: str
    """Its path on machines, below ``/usr``."""
    url: str
    sha512: str
    """Hex digest; Ignition refuses a file with another one."""


@dataclass(frozen=True, slots=True)
class Access:
    """A user who may log in by ssh, and the user's public key."""

    user: str
    key: str


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """The cluster that a provider creates."""

    session: str
    """Id of the run, a label on everything that is created."""
    machines: tuple[MachineSpec, ...]
    timing: Timing
    machine_image: str
    """The built machine definition: an image tag in the local Docker."""
    fingerprint: str
    """Digest of everything that determines the cluster; with the same one, a kept cluster is
    reused."""
    image_tag: str = ""
    """The tag of all images of the deployment (DOCKER_IMAGE_TAG)."""
    images: tuple[str, ...] = ()
    """Images (``name:tag`` in the local Docker) that each machine's Docker must have."""
    durable: bool = True
    """Whether etcd must survive the loss of its kernel, and not only of its process."""
    keep: bool = False
    """Whether the cluster outlives the run."""
    access: Access | None = None
    """The user by whom the provider reaches machines; None when it needs no user on them."""
    interface: str = ""
    """The network interface to configure with the machine's address; empty when it is configured
    from outside."""
    assigned: bool = False
    """Whether the machine gets its address by DHCP; otherwise Ignition configures it."""
    ports: tuple[int, ...] = ()
    """TCP ports that the deployment's units publish on machines."""
    fetched: tuple[FetchedFile, ...] = ()
    """Programs that the machines' image lacks; empty for the project's own image."""
