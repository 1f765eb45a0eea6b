"""Options of the provider ``openstack``."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.options import Option, ProviderOptions, ipv4_address, option
from pytest_cna.machines.providers.virtual_machine import CPUS, MACHINE_IMAGE, MEMORY

ALONE = "--cna-programs-url is only for provider 'openstack' with --cna-machine-image=flatcar"
PROGRAMS_URL = Option(
    "programs-url",
    "URL from which servers of Flatcar fetch the files that 'cna programs' wrote",
    str,
    metavar="URL",
    refused=ALONE,
)
CLOUD = Option("cloud", "the cloud in clouds.yaml on which to create machines", str, prefix="os")
FLAVOR = Option(
    "flavor", "flavor of servers (default: cna.machine)", str, "cna.machine", prefix="os"
)
NETWORK = Option("network", "network of servers (default: cna)", str, "cna", prefix="os")
CLIENT = Option(
    "client",
    "this computer's address as servers see it (default: without NAT)",
    ipv4_address,
    prefix="os",
)


@dataclass(frozen=True, slots=True)
class OpenStackOptions(ProviderOptions):
    machine_image: str = option(MACHINE_IMAGE)
    """Empty for the project's own image."""
    programs_url: str = option(PROGRAMS_URL)
    """URL from which servers of Flatcar fetch programs."""
    memory: int = option(MEMORY)
    """MiB that a flavor must have at least."""
    cpus: int = option(CPUS)
    """Processors that a flavor must have at least."""
    cloud: str = option(CLOUD)
    """Name in clouds.yaml; may be empty when there is only one cloud."""
    flavor: str = option(FLAVOR)
    network: str = option(NETWORK)
    client: str = option(CLIENT)
    """This computer's address as machines see it; empty without NAT between them."""

    def __post_init__(self) -> None:
        if self.programs_url and not self.machine_image:
            raise ConfigurationError(ALONE)
