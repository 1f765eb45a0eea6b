"""The options that providers of virtual machines share."""

from __future__ import annotations

from pytest_cna.machines.providers.options import Option, choice, number

FLATCAR = "flatcar"
"""The option's word for machines of Flatcar Container Linux, and the name of Vagrant's box or the
cloud's image of it."""
FLATCAR_USER = "core"

MACHINE_IMAGE = Option(
    "machine-image",
    f"what virtual machines are: '{FLATCAR}', or, by default, our own image",
    choice("", FLATCAR),
    refused="the provider '{provider}' makes no machines of {value}; {others} (docs/vagrant.md)",
)
MEMORY = Option(
    "memory", "MiB of each virtual machine (default: 1024)", number(int, 512, 2**20), "1024"
)
CPUS = Option("cpus", "processors of each virtual machine (default: 1)", number(int, 1, 64), "1")


def machine_user(machine_image: str) -> str:
    """Who logs in by ssh, of machines made from what that option names."""
    return FLATCAR_USER if machine_image else "root"
