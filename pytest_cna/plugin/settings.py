"""What the user may set: option > environment > ini > default."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.base import FLATCAR, ProviderSettings
from pytest_cna.machines.providers.existing.inventory import read_inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

Number = TypeVar("Number", int, float)

MOST_MACHINES = 20
"""inotify instances and memory of one computer allow about this many."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting under its three names: ``--cna-<name>``, ``CNA_<NAME>``, ini ``cna_<name>``;
    with another ``prefix`` in the place of ``cna`` where the word is somebody else's."""

    name: str
    help: str
    default: str
    prefix: str = "cna"

    @property
    def flag(self) -> str:
        return f"--{self.prefix}-{self.name}"

    @property
    def key(self) -> str:
        return f"{self.prefix}_{self.name}".replace("-", "_")

    def value(self, config: pytest.Config) -> str:
        given = config.getoption(self.key)
        if given is not None:
            return str(given)
        return os.environ.get(self.key.upper()) or str(config.getini(self.key) or self.default)


OPTIONS = (
    Option("provider", "who makes the machines: local, vagrant, openstack, existing", ""),
    Option("machines", "how many machines (default: 3)", "3"),
    Option("deployment", "the deployment.toml to put under test", "units/deployment.toml"),
    Option("application", "directory of the application (default: the deployment's own)", ""),
    Option(
        "agent-ttl",
        "seconds fleet takes a silent machine for alive (default: 10, emulated: 30)",
        "",
    ),
    Option(
        "engine-interval", "seconds between fleet's scheduling passes (default: 1, emulated: 5)", ""
    ),
    Option(
        "machine-image",
        "what virtual machines are: 'flatcar', or, by default, our own image",
        "",
    ),
    Option("programs-url", "where cloud servers of Flatcar fetch what 'cna programs' wrote", ""),
    Option("memory", "MiB of each virtual machine (default: 1024)", "1024"),
    Option("cpus", "processors of each virtual machine (default: 1)", "1"),
    Option("keep", "leave the cluster for the next run to reuse", ""),
    Option("inventory", "the machines of a cluster that is there (provider existing)", ""),
    Option("cloud", "the cloud in clouds.yaml to make machines on (provider openstack)", "", "os"),
    Option("flavor", "what its servers are (default: cna.machine)", "cna.machine", "os"),
    Option("network", "where its servers are (default: cna)", "cna", "os"),
    Option("client", "this computer's address as its servers see it (default: its own)", "", "os"),
    Option("foreign-units", "launch on a cluster that runs other units too", ""),
    Option("report", "directory of the report (default: cna-report)", "cna-report"),
    Option("history", "directory that remembers a summary of every run, for the trend", ""),
    Option("seed", "seed of everything random (default: a new one, shown)", ""),
)


SWITCHES = frozenset({"keep", "foreign-units"})


@dataclass(frozen=True, slots=True)
class Settings:
    provider: str
    machines: int = 3
    deployment: Path | None = None
    """None when the project has no deployment: machines only."""
    application: Path | None = None
    agent_ttl: float | None = None
    """None, as for ``engine_interval``: what suits the machines (``pytest_cna.core.timing``)."""
    engine_interval: float | None = None
    memory: int = 1024
    cpus: int = 1
    keep: bool = False
    of_provider: ProviderSettings = field(default_factory=ProviderSettings)
    foreign_units: bool = False
    report: Path = Path("cna-report")
    history: Path | None = None
    """None: no run is remembered."""
    seed: int = 0


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("cna", "pytest-cna: resilience of a cloud-native application")
    for option in OPTIONS:
        if option.name in SWITCHES:
            group.addoption(
                option.flag, action="store_const", const="yes", dest=option.key, help=option.help
            )
        else:
            group.addoption(option.flag, dest=option.key, metavar="VALUE", help=option.help)
        parser.addini(option.key, option.help, default="")


def in_use(config: pytest.Config) -> bool:
    """Whether this run is for pytest-cna at all: somebody named a provider."""
    return bool(OPTIONS[0].value(config))


def read_settings(config: pytest.Config) -> Settings:
    """All settings, checked. Raises ConfigurationError naming the option and what it takes."""
    values = {option.name: option.value(config) for option in OPTIONS}
    inventory = _path(config, values["inventory"]) if values["inventory"] else None
    if values["provider"] == "existing" and inventory is None:
        raise ConfigurationError(
            "the provider 'existing' needs --cna-inventory=PATH, a list of its machines "
            "(docs/existing.md)"
        )
    if inventory is not None:
        values["machines"] = str(len(read_inventory(inventory)))
    return Settings(
        provider=values["provider"],
        machines=_number("machines", values, int, 1, MOST_MACHINES),
        deployment=_deployment(config, values["deployment"]),
        application=_path(config, values["application"]) if values["application"] else None,
        agent_ttl=_optional("agent-ttl", values, 1.0, 600.0),
        engine_interval=_optional("engine-interval", values, 0.1, 60.0),
        memory=_number("memory", values, int, 512, 2**20),
        cpus=_number("cpus", values, int, 1, 64),
        keep=_on(values["keep"]),
        of_provider=ProviderSettings(
            inventory,
            _machine_image(values),
            values["programs-url"],
            values["cloud"],
            values["flavor"],
            values["network"],
            _address("client", values["client"]),
        ),
        foreign_units=_on(values["foreign-units"]),
        report=_writable("report", _path(config, values["report"])),
        history=_history(config, values["history"]),
        seed=_number("seed", values, int, 0, 2**63) if values["seed"] else secrets.randbits(32),
    )


def _machine_image(values: dict[str, str]) -> str:
    image = values["machine-image"]
    if image and image != FLATCAR:
        raise ConfigurationError(f"--cna-machine-image={image}: it takes '{FLATCAR}'")
    if image and values["provider"] not in {"vagrant", "openstack"}:
        raise ConfigurationError(
            f"the provider '{values['provider']}' makes no machines of {image}; "
            "'vagrant' and 'openstack' do (docs/vagrant.md)"
        )
    if values["programs-url"] and (image, values["provider"]) != (FLATCAR, "openstack"):
        raise ConfigurationError(
            "--cna-programs-url is for --cna-machine-image=flatcar, provider 'openstack', alone"
        )
    return image


def _address(name: str, value: str) -> str:
    try:
        return str(IPv4Address(value)) if value else ""
    except ValueError:
        raise ConfigurationError(f"--os-{name}={value}: it takes an IPv4 address") from None


def _on(value: str) -> bool:
    return value.lower() in {"yes", "true", "1", "on"}


def _path(config: pytest.Config, value: str) -> Path:
    """Relative to where pytest was started, as on any command line."""
    return (config.invocation_params.dir / value).resolve()


def _history(config: pytest.Config, value: str) -> Path | None:
    return _writable("history", _path(config, value)) if value else None


def _writable(name: str, directory: Path) -> Path:
    there = directory
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ConfigurationError(f"--cna-{name}={directory}: {there} is no directory to write to")
    return directory


def _deployment(config: pytest.Config, value: str) -> Path | None:
    default = next(option.default for option in OPTIONS if option.name == "deployment")
    if value == default:
        path = config.rootpath / default
        return path if path.exists() else None
    return _path(config, value)


def _seconds(value: str) -> float:
    return float(value.removesuffix("s"))


def _optional(name: str, values: dict[str, str], least: float, most: float) -> float | None:
    return _number(name, values, _seconds, least, most) if values[name] else None


def _number(
    name: str, values: dict[str, str], read: Callable[[str], Number], least: Number, most: Number
) -> Number:
    with suppress(ValueError):
        number = read(values[name])
        if least <= number <= most:
            return number
    unit = " seconds" if read is _seconds else ""
    raise ConfigurationError(
        f"--cna-{name}={values[name]}: it takes a number from {least} to {most}{unit}"
    )
