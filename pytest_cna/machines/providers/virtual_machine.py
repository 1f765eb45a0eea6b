"""Options that the providers of virtual machines share."""

from __future__ import annotations

from pytest_cna.machines.providers.options import Option, choice, number

FLATCAR = "flatcar"
"""The option's value for Flatcar Container Linux, also the name of its Vagrant box and of its image
in a cloud."""
FLATCAR_USER = "core"

MACHINE_IMAGE = Option(
    "machine-image",
    f"system of virtual machines: '{FLATCAR}', or, by default, the project's own image",
    choice("", FLATCAR),
    refused="the provider '{provider}' has no machines of {value}; {others} (docs/vagrant.md)",
)
MEMORY = Option(
    "memory", "MiB of each virtual machine (default: 1024)", number(int, 512, 2**20), "1024"
)
CPUS = Option("cpus", "processors of each virtual machine (default: 1)", number(int, 1, 64), "1")


def machine_user(machine_image: str) -> str:
    """The user for ssh on machines of that ``machine_image``."""
    return FLATCAR_USER if machine_image else "root"
