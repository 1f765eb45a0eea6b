"""The settings of every run: option > environment > ini > default."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.machines.providers.options import (
    Option,
    ProviderOptions,
    number,
    optional,
    seconds,
    switch,
)
from pytest_cna.machines.providers.registry import load_options
from pytest_cna.plugin.given_options import provider_options, text_of, value_of

if TYPE_CHECKING:
    import pytest

MOST_MACHINES = 20
"""Most machines of a cluster: inotify instances and memory of one computer allow about this
many."""


def _writable(text: str) -> Path:
    there = directory = Path(text).resolve()
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ValueError(f"{there} is no directory to write to")
    return directory


def _path(text: str) -> Path:
    return Path(text).resolve()


PROVIDER = Option("provider", "provider of the machines: local, vagrant, openstack, existing", str)
MACHINES = Option("machines", "number of machines (default: 3)", number(int, 1, MOST_MACHINES), "3")
DEPLOYMENT = Option(
    "deployment", "path of the deployment.toml to test", _path, "units/deployment.toml"
)
APPLICATION = Option(
    "application", "directory of the application (default: the deployment's)", optional(_path)
)
AGENT_TTL = Option(
    "agent-ttl",
    "seconds until fleet considers a silent machine lost (default: 10, emulated: 30)",
    optional(seconds(1.0, 600.0)),
)
ENGINE_INTERVAL = Option(
    "engine-interval",
    "seconds between fleet's scheduling rounds (default: 1, emulated: 5)",
    optional(seconds(0.1, 60.0)),
)
KEEP = Option("keep", "keep the cluster, for the next run to use", switch)
FOREIGN_UNITS = Option("foreign-units", "launch on a cluster that also runs other units", switch)
REPORT = Option("report", "directory of the report (default: cna-report)", _writable, "cna-report")
HISTORY = Option(
    "history",
    "directory of a summary of every run, for the report's trend",
    optional(_writable),
)
SEED = Option(
    "seed",
    "seed of all random choices (default: a new one, printed)",
    optional(number(int, 0, 2**63)),
)
OPTIONS = (
    PROVIDER,
    MACHINES,
    DEPLOYMENT,
    APPLICATION,
    AGENT_TTL,
    ENGINE_INTERVAL,
    KEEP,
    FOREIGN_UNITS,
    REPORT,
    HISTORY,
    SEED,
)


@dataclass(frozen=True, slots=True)
class Settings:
    provider: str
    machines: int = 3
    deployment: Path | None = None
    """None when the project has no deployment; a run then has machines only."""
    application: Path | None = None
    agent_ttl: float | None = None
    """None, also for ``engine_interval``: the value that suits the machines
    (``pytest_cna.core.timing``)."""
    engine_interval: float | None = None
    keep: bool = False
    of_provider: ProviderOptions = field(default_factory=ProviderOptions)
    foreign_units: bool = False
    report: Path = Path("cna-report")
    history: Path | None = None
    """None: no history is kept."""
    seed: int = 0


def in_use(config: pytest.Config) -> bool:
    """Whether a provider is given; else the plugin does nothing."""
    return bool(text_of(PROVIDER, config))


def check_options(early_config: pytest.Config) -> None:
    """Import the options of the provider on the command line. Raises ConfigurationError when that
    fails; pytest would reject its options as unknown."""
    provider = getattr(early_config.known_args_namespace, PROVIDER.key, None)
    if provider is not None:
        load_options(provider)


def read_settings(config: pytest.Config) -> Settings:
    """Read and check all settings. Raises ConfigurationError naming the option and the values it
    accepts."""
    provider = value_of(PROVIDER, config)
    of_provider = provider_options(provider, config, OPTIONS)
    there = of_provider.machines_there()
    seed = value_of(SEED, config)
    return Settings(
        provider=provider,
        machines=value_of(MACHINES, config) if there is None else MACHINES.value(str(there)),
        deployment=_deployment(config),
        application=value_of(APPLICATION, config),
        agent_ttl=value_of(AGENT_TTL, config),
        engine_interval=value_of(ENGINE_INTERVAL, config),
        keep=value_of(KEEP, config),
        of_provider=of_provider,
        foreign_units=value_of(FOREIGN_UNITS, config),
        report=value_of(REPORT, config),
        history=value_of(HISTORY, config),
        seed=secrets.randbits(32) if seed is None else seed,
    )


def _deployment(config: pytest.Config) -> Path | None:
    if text_of(DEPLOYMENT, config) == DEPLOYMENT.default:
        path = config.rootpath / DEPLOYMENT.default
        return path if path.exists() else None
    return value_of(DEPLOYMENT, config)
