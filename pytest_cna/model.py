"""The nouns that cross borders between the parts: plain, frozen, without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_cna.timing import Timing


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command on a machine left behind."""

    command: str
    exit_status: int
    stdout: str
    stderr: str

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """One machine to bring up. Without an address yet, a provider may assign it later."""

    name: str
    address: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    member: bool = True
    """A voting etcd member; further machines are clients of the members."""


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image to build: a row of ``deployment.toml``.

    Units refer to it as ``<name>:${DOCKER_IMAGE_TAG}``.
    """

    name: str
    context: Path
    base: str = ""
    """Name of the image it is built on; empty for the Debian root."""
    tools: tuple[str, ...] = ()
    """Built programs that are put into the root of its context."""
    application: tuple[str, ...] = ()
    """Entries of the application directory that are put under ``application/``."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A program that a machine's image lacks and that its first boot fetches."""

    path: str
    """Where machines have it, below ``/usr``."""
    url: str
    sha512: str
    """Hex; another content is refused."""


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
    memory: int = 1024
    """MiB of each machine, where machines have memory of their own."""
    cpus: int = 1
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


@dataclass(frozen=True, slots=True)
class Access:
    """Who may log in by ssh with which public key."""

    user: str
    key: str


@dataclass(frozen=True, slots=True)
class UnitState:
    """One unit on one machine as fleet's ``/state`` reports it (systemd's own words)."""

    name: str
    machine_id: str
    load: str
    active: str
    sub: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit fleet knows: where it wants it and what it thinks it is."""

    name: str
    desired_state: str
    current_state: str
    machine_id: str
    """Empty while the unit is not scheduled."""


@dataclass(frozen=True, slots=True)
class FleetMachine:
    """A machine as fleet's ``/machines`` lists it."""

    id: str
    address: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DiscoveryEntry:
    """One instance announced under ``/services/<service>/<uuid>/{host,ip,port}``."""

    service: str
    uuid: str
    host: str
    ip: str
    port: int

    @property
    def path(self) -> str:
        return f"/services/{self.service}/{self.uuid}"

    @property
    def endpoint(self) -> str:
        return f"{self.ip}:{self.port}"

    @property
    def server(self) -> str:
        """What HAProxy calls it."""
        return server_name(self.service, self.ip, self.port)


def server_name(service: object, ip: object, port: object) -> str:
    """A backend's servers are named so that they tell which discovery entry they stand for."""
    return f"{service}_{ip}_{port}"


@dataclass(frozen=True, slots=True)
class Server:
    """A row of HAProxy's statistics: one server of one backend, in HAProxy's sense."""

    backend: str
    name: str
    status: str
    """HAProxy's word: UP, DOWN, MAINT, DRAIN, ``UP 1/2``, ``no check``."""
    check: str
    sessions: int

    @property
    def up(self) -> bool:
        return is_up(self.status)


def is_up(status: str) -> bool:
    """``status`` in HAProxy's words; a server that nobody checks counts as up."""
    return status.startswith("UP") or status == "no check"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a customer of the application does, a row of its ``application.toml``.

    In ``path`` and the values of ``form``: ``{id}`` is a unique id made by the client, ``{known}``
    one the customer created and got acknowledged, ``{word}`` a word to search for.
    """

    name: str
    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    expect: tuple[int, ...] = (200,)
    """HTTP statuses of a good answer; any other is a failed request."""
    once: bool = False
    """Done first, and again whenever an answer is 401 (a login)."""
    creates: bool = False
    """An expected answer acknowledges ``{id}``."""
    weight: int = 1
    """How often, relative to the other actions that are not ``once``."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request of one customer. Times are seconds; ``start`` is on the monotonic clock."""

    start: float
    duration: float
    customer: int
    action: str
    """What the customer did: login, list, open, search, create."""
    method: str
    status: int
    """HTTP status, 0 when none came."""
    served_by: str
    """The serving instance as the application names it, empty when unknown."""
    error: str
    """Class of the failure (``ConnectionRefused``, ``Timeout``, ``HTTP 503`` …), empty if none."""
    created: str = ""
    """Client-made id of an acknowledged created account."""
    resent: bool = False
    """Sent again, as browsers do, because a kept connection was closed before any answer."""

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def end(self) -> float:
        return self.start + self.duration
