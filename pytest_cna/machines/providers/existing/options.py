"""Options of the provider ``existing``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_cna.machines.providers.options import Option, ProviderOptions, option


def _inventory(text: str) -> Path:
    from pytest_cna.machines.providers.existing.inventory import read_inventory

    path = Path(text).resolve()
    read_inventory(path)
    return path


INVENTORY = Option(
    "inventory",
    "file that lists the machines of an existing cluster (docs/existing.md)",
    _inventory,
    metavar="PATH",
    required=True,
)


@dataclass(frozen=True, slots=True)
class ExistingOptions(ProviderOptions):
    inventory: Path = option(INVENTORY)  # noqa: RUF009 - a field
    """A readable file that lists its machines."""

    def machines_there(self) -> int:
        from pytest_cna.machines.providers.existing.inventory import read_inventory

        return len(read_inventory(self.inventory))
