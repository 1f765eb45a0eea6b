"""What a user may set of the provider ``paper``. Imported whenever pytest starts."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.machines.providers.options import Option, ProviderOptions, option, seconds

BOOT = Option(
    "paper-boot",
    "seconds that a machine takes to boot (default: 4)",
    seconds(0.1, 60.0),
    default="4",
    metavar="SECONDS",
)


@dataclass(frozen=True, slots=True)
class PaperOptions(ProviderOptions):
    boot: float = option(BOOT)
