"""What a user may set of the provider ``openstack``."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.options import Option, ProviderOptions, ipv4_address, option
from pytest_cna.machines.providers.virtual_machine import CPUS, MACHINE_IMAGE, MEMORY

ALONE = "--cna-programs-url is for --cna-machine-image=flatcar, provider 'openstack', alone"
PROGRAMS_URL = Option(
    "programs-url",
    "where cloud servers of Flatcar fetch what 'cna programs' wrote",
    str,
    metavar="URL",
    refused=ALONE,
)
CLOUD = Option("cloud", "the cloud in clouds.yaml to make machines on", str, prefix="os")
FLAVOR = Option(
    "flavor", "what its servers are (default: cna.machine)", str, "cna.machine", prefix="os"
)
NETWORK = Option("network", "where its servers are (default: cna)", str, "cna", prefix="os")
CLIENT = Option(
    "client",
    "this computer's address as its servers see it (default: its own)",
    ipv4_address,
    prefix="os",
)


@dataclass(frozen=True, slots=True)
class OpenStackOptions(ProviderOptions):
    machine_image: str = option(MACHINE_IMAGE)
    """Empty for our own image."""
    programs_url: str = option(PROGRAMS_URL)
    """Where servers of another image fetch what they lack."""
    memory: int = option(MEMORY)
    """MiB, the least that a flavor has to have."""
    cpus: int = option(CPUS)
    """The same of processors."""
    cloud: str = option(CLOUD)
    """Name in clouds.yaml; empty when there is but one."""
    flavor: str = option(FLAVOR)
    network: str = option(NETWORK)
    client: str = option(CLIENT)
    """This computer's address as its machines see it; empty where it is our own."""

    def __post_init__(self) -> None:
        if self.programs_url and not self.machine_image:
            raise ConfigurationError(ALONE)
