"""Options of the provider ``existing``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.machines.providers.options import Option, ProviderOptions, option

if TYPE_CHECKING:
    from pytest_cna.machines.providers.existing.inventory import InventoryFile


def _inventory(text: str) -> InventoryFile:
    # imports the reader of TOML, which most runs do not need
    from pytest_cna.machines.providers.existing.inventory import read_inventory

    return read_inventory(Path(text).resolve())


INVENTORY = Option(
    "inventory",
    "file that lists the machines of an existing cluster (docs/existing.md)",
    _inventory,
    metavar="PATH",
    required=True,
)


@dataclass(frozen=True, slots=True)
class ExistingOptions(ProviderOptions):
    inventory: InventoryFile = option(INVENTORY)  # noqa: RUF009 - a field
    """The file that lists its machines, read once."""

    def machines_there(self) -> int:
        return len(self.inventory.machines)
