"""``deployment.toml``: its tables and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_cna.deployment.toml_types import Filled, Instance, Port, Word

Tool = Literal["confd", "sidekick", "fleetctl", "fleetd"]


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image to build; in build order."""

    name: Filled
    """Units refer to it as ``name:${DOCKER_IMAGE_TAG}``; the whole deployment has one tag."""
    context: Path
    """Directory with a ``Dockerfile`` that begins with ``ARG BASE`` and ``FROM $BASE``."""
    base: str = ""
    """An image above it in the file to build on; without it, a Debian root file system."""
    tools: tuple[Tool, ...] = ()
    """Programs built by pytest-cna to put into the context."""
    application: tuple[Filled, ...] = ()
    """Entries of the application's directory to put into the context, under ``application/``."""
    optional: tuple[Filled, ...] = ()
    """Like ``application``, for entries that an application may lack; an empty file stands for one
    that is missing."""


@dataclass(frozen=True, slots=True)
class Service:
    """A role in the deployment, such as the web server, and its units; in start order."""

    name: Filled
    """Its name in service discovery: ``/services/<name>``."""
    template: Filled
    """The unit file; ``x@.service`` is a template and needs ``instances``."""
    called: str = ""
    """Its word in steps and fixtures; without it, the name."""
    instances: tuple[Instance, ...] = ()
    """What stands behind the ``@``; for an announced service, its port."""
    sidekick: str = ""
    """The unit file of its sidekick."""
    announced: bool = True
    """``false`` for a service that is never in service discovery, such as a data container."""
    backend: str = ""
    """HAProxy's backend that routes to it; the servers are named
    ``<name>_<ip>_<port>``."""
    health: str = ""
    """Path of its liveness check."""
    code: str = ""
    """Where its containers have the application's ``code/``."""
    stats_port: Port = 0
    """Of a load balancer: port of HAProxy's statistics."""
    configuration: str = ""
    """Of a load balancer: path of the configuration that confd writes in its container; without
    it, ``dest`` of confd's template resource in its image."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What units may ask of a machine."""

    metadata: tuple[Mapping[Word, Word], ...]
    """fleet's metadata of the machines, one table each; repeated when there are more machines."""


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """A complete set of units: what is built, what runs and in which order, and what the features
    call each service. Paths are relative to the file."""

    name: Filled
    """Name of the deployment."""
    service: tuple[Service, ...]
    """Units, in start order."""
    application: Path | None = None
    """Directory of the application that customers use (docs/application.md)."""
    machines: Machines = Machines(({"public": "true"},))
    """What units may ask of a machine; without it, each machine is ``public=true``."""
    image: tuple[ImageSpec, ...] = ()
    """Container images, in build order."""
