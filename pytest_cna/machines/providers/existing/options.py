"""What a user may set of the provider ``existing``."""

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
    "a list of the machines of a cluster that is there (docs/existing.md)",
    _inventory,
    metavar="PATH",
    required=True,
)


@dataclass(frozen=True, slots=True)
class ExistingOptions(ProviderOptions):
    inventory: Path = option(INVENTORY)  # noqa: RUF009 - a field
    """The list of its machines, which can be read."""

    def machines_there(self) -> int:
        from pytest_cna.machines.providers.existing.inventory import read_inventory

        return len(read_inventory(self.inventory))
