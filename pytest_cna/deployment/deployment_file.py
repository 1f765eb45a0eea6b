"""The tables of ``deployment.toml`` and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_cna.deployment.toml_types import Filled, Instance, Port, Word

Tool = Literal["confd", "sidekick", "fleetctl", "fleetd"]


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image to build; the tables are in build order."""

    name: Filled
    """Its name; units refer to it as ``name:${DOCKER_IMAGE_TAG}``, one tag for all images."""
    context: Path
    """Directory with a ``Dockerfile`` that begins with ``ARG BASE`` and ``FROM $BASE``."""
    base: str = ""
    """Name of an earlier image in this file to build on; by default, a Debian root file system."""
    tools: tuple[Tool, ...] = ()
    """Programs that pytest-cna builds and adds to the context."""
    application: tuple[Filled, ...] = ()
    """Files and directories of the application to add to the context, under ``application/``."""
    optional: tuple[Filled, ...] = ()
    """Like ``application``, for entries that an application may lack; an empty file replaces a
    missing one."""


@dataclass(frozen=True, slots=True)
class Service:
    """A role in the deployment, such as the web server, with its units; the tables are in start
    order."""

    name: Filled
    """Its name in service discovery: ``/services/<name>``."""
    template: Filled
    """Its unit file; ``x@.service`` is a template and needs ``instances``."""
    called: str = ""
    """Its name in steps and fixtures; by default, ``name``."""
    instances: tuple[Instance, ...] = ()
    """The text after the ``@`` of each instance; for an announced service, its port."""
    sidekick: str = ""
    """The unit file of its sidekick."""
    announced: bool = True
    """``false`` for a service that is never in service discovery, such as a data container."""
    backend: str = ""
    """The HAProxy backend that routes to it; its servers are named ``<name>_<ip>_<port>``."""
    health: str = ""
    """Path of its liveness check."""
    code: str = ""
    """Path of the application's ``code/`` in its containers."""
    stats_port: Port = 0
    """For a load balancer: port of HAProxy's statistics."""
    configuration: str = ""
    """For a load balancer: path in its container of the configuration that confd writes; by
    default, ``dest`` of the confd template resource in its image."""


@dataclass(frozen=True, slots=True)
class Machines:
    """Properties of machines that units may require."""

    metadata: tuple[Mapping[Word, Word], ...]
    """fleet's metadata, one table for each machine; repeated when there are more machines."""


@dataclass(frozen=True, slots=True)
class DeploymentFile:
    """A deployment: images to build, units to run, and the names that features use.

    Paths are relative to the file.
    """

    name: Filled
    """Name of the deployment."""
    service: tuple[Service, ...]
    """Services with their units, in start order."""
    application: Path | None = None
    """Directory of the application that customers use (docs/application.md)."""
    machines: Machines = Machines(({"public": "true"},))
    """Properties of machines that units may require; by default ``public=true`` on each."""
    image: tuple[ImageSpec, ...] = ()
    """Container images, in build order."""
