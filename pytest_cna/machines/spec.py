"""What a provider is asked for: machines and the cluster they are to become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.core.timing import Timing


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """One machine to bring up. Without an address yet, a provider may assign it later."""

    name: str
    address: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    member: bool = True
    """A voting etcd member; further machines are clients of the members."""

    def as_row(self) -> dict[str, object]:
        """For JSON; ``from_row`` reads it again."""
        return {
            "machine": self.name,
            "address": self.address,
            "metadata": dict(self.metadata),
            "member": self.member,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> MachineSpec:
        """Raises KeyError when ``row`` is none of ``as_row``."""
        return cls(row["machine"], row["address"], row["metadata"], row["member"])


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A program that a machine's image lacks and that its first boot fetches."""

    path: str
    """Where machines have it, below ``/usr``."""
    url: str
    sha512: str
    """Hex; another content is refused."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may log in by ssh with which public key."""

    user: str
    key: str


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """The cluster a provider is asked for."""

    session: str
    """Id of the run; labels everything that is created."""
    machines: tuple[MachineSpec, ...]
    timing: Timing
    machine_image: str
    """The machine definition, built: a tag in the local Docker."""
    fingerprint: str
    """Digest of all that makes this cluster what it is; equal ones are interchangeable."""
    image_tag: str = ""
    """One tag for all images of the deployment (DOCKER_IMAGE_TAG)."""
    images: tuple[str, ...] = ()
    """Images, ``name:tag`` in the local Docker, that each machine's Docker has to hold."""
    durable: bool = True
    """Whether etcd has to survive the loss of the kernel it runs on, not only its own."""
    keep: bool = False
    """Whether the cluster outlives the run."""
    access: Access | None = None
    """How the provider gets into machines; None when it needs nothing on them for that."""
    interface: str = ""
    """The network interface that gets the machine's address; empty when the machine is given it
    from outside."""
    assigned: bool = False
    """Whether DHCP gives the machine its address on that interface; else it takes it itself."""
    ports: tuple[int, ...] = ()
    """TCP ports of machines that the deployment's units publish."""
    fetched: tuple[FetchedFile, ...] = ()
    """What machines lack that are not of our making; empty where the image has everything."""
