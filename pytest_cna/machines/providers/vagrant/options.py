"""Options of the provider ``vagrant``."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.machines.providers.options import ProviderOptions, option
from pytest_cna.machines.providers.virtual_machine import CPUS, MACHINE_IMAGE, MEMORY


@dataclass(frozen=True, slots=True)
class VagrantOptions(ProviderOptions):
    machine_image: str = option(MACHINE_IMAGE)
    """Empty for the project's own image."""
    memory: int = option(MEMORY)
    """MiB of each machine."""
    cpus: int = option(CPUS)
