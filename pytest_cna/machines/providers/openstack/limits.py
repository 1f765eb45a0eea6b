"""Checks of flavor and quota before anything is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProvisionError
from pytest_cna.core.timing import EMULATED, NATIVE
from pytest_cna.machines.artefacts.machine_disk import SIZE_GB

if TYPE_CHECKING:
    from pytest_cna.core.timing import Timing
    from pytest_cna.machines.providers.openstack.cloud import Cloud

EMULATION = "cna:emulated"
"""The flavor's property for servers that QEMU emulates, without KVM.

The API shows a user nothing else about that.
"""


@dataclass(frozen=True, slots=True)
class Flavor:
    id: str
    name: str
    memory: int
    """MiB."""
    cpus: int
    disk: int
    """GB."""
    emulated: bool

    @property
    def timing(self) -> Timing:
        return EMULATED if self.emulated else NATIVE

    def __str__(self) -> str:
        size = f"{self.name} ({self.cpus} CPU, {self.memory} MiB)"
        return f"{size}, emulated by QEMU (TCG)" if self.emulated else size


def find_flavor(cloud: Cloud, name: str) -> Flavor:
    """The flavor with that name or id. Raises ConfigurationError, listing the known flavors."""
    with cloud.explaining(f"flavor '{name}' cannot be looked up") as connection:
        found = connection.compute.find_flavor(name, get_extra_specs=True)
        if found is None:
            known = sorted(each.name for each in connection.compute.flavors())
            raise ConfigurationError(
                f"cloud '{cloud.name}' has no flavor '{name}'; give --os-flavor=NAME, one of "
                f"{', '.join(known) or '(it has none)'}"
            )
    emulated = str((found.extra_specs or {}).get(EMULATION, "")).lower() == "true"
    return Flavor(found.id, found.name, found.ram, found.vcpus, found.disk, emulated)


def check_size(flavor: Flavor, memory: int, cpus: int) -> None:
    """Raise ConfigurationError when the flavor has less than ``memory`` (MiB) or ``cpus``."""
    for has, needed, unit, what in (
        (flavor.memory, memory, "MiB", "memory"),
        (flavor.cpus, cpus, "CPU", "processors"),
        (flavor.disk, SIZE_GB, "GB", "disk"),
    ):
        if has < needed:
            raise ConfigurationError(
                f"flavor '{flavor.name}' has {has} {unit} of {what} and a machine needs {needed}; "
                "give another by --os-flavor"
            )


def check_quota(cloud: Cloud, flavor: Flavor, machines: int) -> None:
    """Raise ProvisionError with each limit of the project that so many machines would exceed.

    Heat reports exceeded quotas of ports and security groups: some clouds hide them from users.
    """
    with cloud.explaining("the project's limits cannot be looked up") as connection:
        limits = connection.compute.get_limits().absolute
    over = []
    for what, most, used, needed in (
        ("servers", limits.instances, limits.instances_used, machines),
        ("CPUs", limits.total_cores, limits.total_cores_used, machines * flavor.cpus),
        ("MiB of memory", limits.total_ram, limits.total_ram_used, machines * flavor.memory),
    ):
        # -1: no limit
        if most is not None and 0 <= most < (used or 0) + needed:
            over.append(f"{needed} {what} are needed, {used or 0} of {most} are in use")
    if over:
        raise ProvisionError(
            f"quota of cloud '{cloud.name}' exceeded: {'; '.join(over)}; reduce --cna-machines, "
            "remove servers, or ask for a higher quota (openstack quota show)"
        )
