"""``deployment.toml``: its tables and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_cna.deployment.toml_types import Filled, Instance, Port, Word


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image to build; images stand in build order."""

    name: Filled
    """Units say ``name:${DOCKER_IMAGE_TAG}``; one tag stands for the whole set."""
    context: Path
    """Directory with a ``Dockerfile``, which begins ``ARG BASE`` and ``FROM $BASE``."""
    base: str = ""
    """The image above that it is built on; without it, the Debian root."""
    tools: tuple[str, ...] = ()
    """Programs put into the root of the context: ``confd``."""
    application: tuple[str, ...] = ()
    """Entries of the application's directory, put under ``application/`` in the context."""


@dataclass(frozen=True, slots=True)
class Service:
    """A role in the set and its units, such as the web server; services stand in start order."""

    name: Filled
    """Its name in service discovery: ``/services/<name>``."""
    template: Filled
    """The unit file; ``x@.service`` is a template and needs ``instances``."""
    called: str = ""
    """The word of the features; without it, the name."""
    instances: tuple[Instance, ...] = ()
    """What stands behind the @; for an announced service its port."""
    sidekick: str = ""
    """The unit file of its sidekick."""
    announced: bool = True
    """``false`` for what is never in service discovery, such as data containers."""
    backend: str = ""
    """HAProxy's backend that routes to it; its servers are ``<name>_<ip>_<port>``."""
    health: str = ""
    """Path that tells liveness."""
    code: str = ""
    """Where its containers have the application's ``code/``."""
    stats_port: Port = 0
    """Of a load balancer: the port of HAProxy's statistics."""
    configuration: str = ""
    """Of a load balancer: path of its rendered configuration in its container; without it,
    ``dest`` of confd's template resource in its image."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What units may ask of a machine."""

    metadata: tuple[Mapping[Word, Word], ...]
    """fleet's metadata of the machines, by index, repeated when there are more."""


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """A complete set: what is built, what runs, in which order, and what the features call it.
    Paths are relative to the file."""

    name: Filled
    """What reports call the set."""
    service: tuple[Service, ...]
    """Units, in start order."""
    application: Path | None = None
    """Directory of the application (docs/application.md)."""
    machines: Machines = Machines(({"public": "true"},))
    """What units may ask of a machine; without it, each machine is ``public=true``."""
    image: tuple[ImageSpec, ...] = ()
    """Container images, in build order."""
