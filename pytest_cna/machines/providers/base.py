"""The provider seam: who makes the machines.

A provider knows machines and their disks, not fleet and not the deployment: when ``provision``
returns, the machines are starting, just short of being a cluster.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pytest_cna.core.errors import CapabilityMissing, MachineNotFound
from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.providers.options import ProviderOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.spec import ClusterSpec, MachineSpec


class Provider(ABC):
    """One way to get machines. Everything it creates carries the session's id as a label or in
    its metadata, never only in a local file, so that an interrupted run can be found and removed.

    ``progress`` is called with a short line whenever something long begins.
    """

    name: ClassVar[str]
    capabilities: frozenset[str] = frozenset()
    """What its machines can have done to them; settled when ``prepare`` has returned."""
    takes: ClassVar[type[ProviderOptions]] = ProviderOptions
    """Its own options, which its distribution declares too (``pytest_cna.provider_options``)."""
    options: ProviderOptions
    """Their values, of the type that it takes."""
    owns: ClassVar[bool] = True
    """Whether machines are its own, and gone with everything on them after ``destroy``."""
    durable: ClassVar[bool] = True
    """Whether a power cut takes the kernel along, so that etcd has to sync its files."""
    simulated: ClassVar[bool] = False
    """Whether there are no machines, but a simulation of them in memory (``pytest_cna.testing``):
    nothing is built for them, and the header and the report say so."""

    def __init__(
        self,
        session: str,
        progress: Callable[[str], None],
        options: ProviderOptions | None = None,
    ) -> None:
        """``options``: None for the defaults. A subclass has ``set_up`` for what is its own."""
        self.session = session
        self.progress = progress
        self.options = self.takes() if options is None else options
        self.timing = NATIVE
        """What suits these machines; known when ``make_ready`` has returned."""
        self.powered = float("inf")
        """When (monotonic) the machines that were provisioned last got power."""
        self.set_up()

    def set_up(self) -> None:  # noqa: B027 - some have nothing of their own
        """Give this provider the attributes of its own, once, when it is made."""

    @abstractmethod
    def prepare(self) -> list[str]:
        """Check that the provider can work here at all, and remove what killed runs left.

        Returns a sentence for each thing removed. Raises ConfigurationError with what to do;
        creates nothing that needs destroying.
        """

    def reach(self) -> None:
        """Do what ``destroy`` needs before it can remove what an earlier process made. Raises
        CnaError."""
        for sentence in self.prepare():
            self.progress(sentence)

    def make_ready(self, machine_image: str, images: Sequence[str]) -> None:  # noqa: B027
        """Build or fetch what machines are made from, cached, and set ``timing``. Raises
        ConfigurationError or ProvisionError."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """What the report names: the engine's version, how machines are run."""

    @abstractmethod
    def adopt(self, fingerprint: str) -> bool:
        """Take over the cluster that an earlier run kept, if there is one of this fingerprint.

        Its session becomes this provider's, its machines are started again if need be. Returns
        whether there was one."""

    @abstractmethod
    def addresses(self, count: int) -> list[str]:
        """Private addresses for ``count`` machines, reserved for this session until ``destroy``."""

    @abstractmethod
    def provision(self, spec: ClusterSpec) -> list[Machine]:
        """Create and start the machines of ``spec``, in its order, each with the images of
        ``spec`` in its Docker. Raises ProvisionError; what was created is left to ``destroy``."""

    @abstractmethod
    def machines(self) -> list[Machine]:
        """The machines of this session, running or not, in order of their names."""

    def machine(self, name: str) -> Machine:
        """The machine of that name. Raises MachineNotFound, naming those there are."""
        machines = self.machines()
        for machine in machines:
            if machine.name == name:
                return machine
        known = ", ".join(machine.name for machine in machines) or "none"
        raise MachineNotFound(f"there is no machine {name} in this cluster (known: {known})")

    @abstractmethod
    def running(self, machine: Machine) -> bool:
        """Whether the machine has power."""

    @abstractmethod
    def kill(self, machine: Machine) -> None:
        """Cut the power: no process on the machine can react. In effect on return."""

    @abstractmethod
    def start(self, machine: Machine) -> None:
        """Give power to a machine that has none; it has its disk and its identity. Idempotent."""

    @abstractmethod
    def stop(self, machine: Machine) -> None:
        """Shut the machine down in good order."""

    def isolate(self, machine: Machine) -> None:
        """Cut the machine off from every other and from this computer; it goes on running. In
        effect on return; idempotent. Only with the capability PARTITION."""
        raise CapabilityMissing(f"provider {self.name} cannot cut {machine.name} off")

    def rejoin(self, machine: Machine) -> None:
        """Undo ``isolate`` of a machine that runs. Idempotent."""
        raise CapabilityMissing(f"provider {self.name} cannot cut {machine.name} off")

    @abstractmethod
    def console(self, machine: Machine) -> str:
        """The last lines of the machine's console."""

    @abstractmethod
    def collect(self, machine: Machine, directory: Path) -> None:
        """Save console and journals, of a dead machine too. Never raises; logs."""

    @abstractmethod
    def destroy(self) -> None:
        """Remove everything of this session. Idempotent; never raises, logs: no one could
        act on an error by then, and the first error must not be masked."""

    def close(self) -> None:  # noqa: B027 - most start nothing
        """The run is over: end what was started for it. Idempotent; never raises."""


def name_machines(
    addresses: Sequence[str], metadata: Sequence[Mapping[str, str]], most_members: int = 5
) -> tuple[MachineSpec, ...]:
    """``core-1``, ``core-2``, …; ``metadata`` is given out in order and repeated.

    At most five are voting members of etcd: more make every write and election slower.
    """
    from pytest_cna.machines.spec import MachineSpec

    return tuple(
        MachineSpec(
            name=f"core-{index + 1}",
            address=address,
            metadata=metadata[index % len(metadata)] if metadata else {},
            member=index < most_members,
        )
        for index, address in enumerate(addresses)
    )
