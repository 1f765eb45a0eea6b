"""The provider interface: how machines are created and controlled.

A provider knows machines and their disks, but not fleet or the deployment: when ``provision``
returns, the machines are starting and do not form a cluster yet.
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
    """A way to create machines.

    Everything it creates has the session's id as a label or in its metadata, never only in a local
    file, so that the remains of an interrupted run can be found and removed. ``progress`` is called
    with a short line when something long begins.
    """

    name: ClassVar[str]
    capabilities: frozenset[str] = frozenset()
    """The operations that its machines support; final when ``prepare`` has returned."""
    takes: ClassVar[type[ProviderOptions]] = ProviderOptions
    """The type of its options, also declared by entry point (``pytest_cna.provider_options``)."""
    options: ProviderOptions
    """The values of its options, of the type ``takes``."""
    owns: ClassVar[bool] = True
    """Whether it creates its machines; ``destroy`` then removes them with everything on them."""
    durable: ClassVar[bool] = True
    """Whether a power cut ends the machine's kernel, so that etcd must sync its files."""
    simulated: ClassVar[bool] = False
    """Whether its machines are simulated in memory (``pytest_cna.testing``): nothing is built for
    them, and the header and the report say that they are simulated."""

    def __init__(
        self,
        session: str,
        progress: Callable[[str], None],
        options: ProviderOptions | None = None,
    ) -> None:
        """``options``: None for the defaults. A subclass sets its own attributes in ``set_up``."""
        self.session = session
        self.progress = progress
        self.options = self.takes() if options is None else options
        self.timing = NATIVE
        """Timing that suits these machines; final when ``make_ready`` has returned."""
        self.powered = float("inf")
        """When (monotonic) the machines of the last ``provision`` got power."""
        self.set_up()

    def set_up(self) -> None:  # noqa: B027 - optional to override
        """Set this provider's own attributes; called once, by ``__init__``."""

    @abstractmethod
    def prepare(self) -> list[str]:
        """Check that the provider works on this computer, and remove the remains of killed runs.

        Returns a sentence for each removal. Raises ConfigurationError with what to do; creates
        nothing that ``destroy`` would have to remove.
        """

    def reach(self) -> None:
        """Prepare ``destroy`` for things that an earlier process created. Raises CnaError."""
        for sentence in self.prepare():
            self.progress(sentence)

    def make_ready(self, machine_image: str, images: Sequence[str]) -> None:  # noqa: B027
        """Build or fetch the image or disk of machines, if it is not cached, and set ``timing``.

        Raises ConfigurationError or ProvisionError.
        """

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """Name → version for the report: of the engine, and how machines are run."""

    @abstractmethod
    def adopt(self, fingerprint: str) -> bool:
        """Take over the cluster with this fingerprint that an earlier run kept, if there is one.

        Its session becomes this provider's session; machines without power are started. Returns
        whether there was such a cluster.
        """

    @abstractmethod
    def addresses(self, count: int) -> list[str]:
        """Private addresses for ``count`` machines, reserved for this session until ``destroy``."""

    @abstractmethod
    def provision(self, spec: ClusterSpec) -> list[Machine]:
        """Create and start the machines of ``spec``, in its order, each with the images of
        ``spec`` in its Docker. Raises ProvisionError; ``destroy`` then removes what was created."""

    @abstractmethod
    def machines(self) -> list[Machine]:
        """The machines of this session, running or not, in order of their names."""

    def machine(self, name: str) -> Machine:
        """The machine of that name. Raises MachineNotFound, listing the known names."""
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
        """Cut the power, so that no process on the machine can react. In effect on return."""

    @abstractmethod
    def start(self, machine: Machine) -> None:
        """Give power to a machine that has none; it keeps its disk and identity. Idempotent."""

    @abstractmethod
    def stop(self, machine: Machine) -> None:
        """Shut the machine down; its processes are stopped in order."""

    def isolate(self, machine: Machine, for_at_most: float) -> None:
        """Cut the network between the machine and all others, and to this computer, for at most
        ``for_at_most`` seconds. It keeps running.

        In effect on return; idempotent, and the time begins again with each call. Only with the
        capability PARTITION.

        No command reaches such a machine, so it is the provider that has to undo it when ``rejoin``
        is not called: by itself, after that time, also when this process was killed meanwhile. What
        could prevent that (such as a restart of this computer), and what then happens to the
        machine, is said in the method's docstring. Raises ProviderError, with nothing cut, when
        it cannot be arranged.
        """
        raise CapabilityMissing(f"provider {self.name} cannot cut the network of {machine.name}")

    def rejoin(self, machine: Machine) -> None:
        """Undo ``isolate`` of a running machine. Idempotent, also when its time was over."""
        raise CapabilityMissing(f"provider {self.name} cannot cut the network of {machine.name}")

    @abstractmethod
    def console(self, machine: Machine) -> str:
        """The last lines of the machine's console."""

    @abstractmethod
    def collect(self, machine: Machine, directory: Path) -> None:
        """Save the machine's console and journals, also when it has no power. Logs errors and
        never raises."""

    @abstractmethod
    def destroy(self) -> None:
        """Remove everything of this session. Idempotent. Logs errors and never raises: an error
        here must not mask the first one."""

    def close(self) -> None:  # noqa: B027 - optional to override
        """End daemons and connections that were started for the run. Idempotent; never raises."""


def name_machines(
    addresses: Sequence[str], metadata: Sequence[Mapping[str, str]], most_members: int = 5
) -> tuple[MachineSpec, ...]:
    """Machines ``core-1``, ``core-2``, … with ``metadata`` in order, repeated if need be.

    At most ``most_members`` are voting members of etcd: more slow every write and election down.
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
