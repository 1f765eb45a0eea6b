"""The deployment: the images to build, the units to run, and the names that features use."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.events.container import ContainerCreated, ContainerStarted
from pytest_cna.core.words import hint, plural
from pytest_cna.deployment.deployment_file import DeploymentFile
from pytest_cna.deployment.toml_reader import check_once, read_toml
from pytest_cna.deployment.unit_file import UnitFile, expand, instance_name, is_template
from pytest_cna.deployment.x_fleet import check, check_effect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_cna.deployment.deployment_file import ImageSpec, Service

PUBLISHED = r"(?<!\S)(?:-p|--publish)[=\s]*(?:\S+:)?(\d+)(?:-(\d+))?:[\d-]+(?:/tcp)?(?!\S)"
"""One ``-p`` option of ``docker run``; its groups are the first and last port on the machine."""


@dataclass(frozen=True)
class DeployedUnit:
    """One unit of the deployment; ``instance`` is the text after the @, empty without one. What its
    file says is read once."""

    name: str
    service: Service
    role: Literal["main", "sidekick"]
    instance: str
    file: UnitFile

    @cached_property
    def container(self) -> str:
        """The ``--name`` in its ``docker run`` or ``docker create``, empty without one."""
        named = re.search(r"--name[= ](\S+)", self.file.value("Service", "ExecStart"))
        return expand(named[1], self.name) if named else ""

    @cached_property
    def names(self) -> frozenset[str]:
        """Its own name and that of its container: what a fault that hits it may have as target."""
        return frozenset({self.name, self.container} - {""})

    @cached_property
    def up_with(self) -> type[ContainerStarted] | type[ContainerCreated]:
        """The event after which its container is up: a data container is created, not started."""
        command = self.file.value("Service", "ExecStart")
        created = re.search(r"\bdocker create\b", command)
        return ContainerCreated if created else ContainerStarted

    @cached_property
    def published_ports(self) -> tuple[int, ...]:
        """TCP ports of the machine that its ``docker run -p`` publishes."""
        command = expand(self.file.value("Service", "ExecStart"), self.name)
        found = re.findall(PUBLISHED, command)
        return tuple(p for low, high in found for p in range(int(low), int(high or low) + 1))

    def announces(self, service: str, port: int) -> bool:
        """Whether a discovery entry with these is of this instance, on whichever machine."""
        return (service, str(port)) == (self.service.name, self.instance)


@dataclass(frozen=True)
class Deployment:
    name: str
    path: Path
    application: Path | None
    metadata: tuple[dict[str, str], ...]
    """fleet's metadata of each machine by index, repeated when there are more machines."""
    images: tuple[ImageSpec, ...]
    services: tuple[Service, ...]
    units: tuple[DeployedUnit, ...]
    """In start order, each main unit before its sidekick."""

    def service(self, called: str) -> Service:
        """The service with that ``called``, its plural, or that name.

        Raises ConfigurationError with the most similar one, or all.
        """
        for service in self.services:
            if called in {service.called, plural(service.called), service.name}:
                return service
        known = [service.called for service in self.services]
        raise ConfigurationError(
            f"{self.path}: no service is called '{called}'{hint(called, known)}"
        )

    @property
    def balancer(self) -> Service | None:
        """The load balancer, the first service with a ``stats_port``; None without one."""
        return next((each for each in self.services if each.stats_port), None)

    @property
    def balancer_unit(self) -> DeployedUnit | None:
        """The load balancer's main unit, the first of several; None without a load balancer."""
        return self.main_units(self.balancer)[0] if self.balancer else None

    @property
    def application_entries(self) -> tuple[str, ...]:
        """Entries of the application's directory that the images are built from."""
        return tuple(dict.fromkeys(entry for image in self.images for entry in image.application))

    @property
    def published_ports(self) -> tuple[int, ...]:
        return tuple(sorted({port for unit in self.units for port in unit.published_ports}))

    @property
    def mains(self) -> list[DeployedUnit]:
        """Every main unit, in start order."""
        return [unit for unit in self.units if unit.role == "main"]

    def main_units(self, service: Service) -> list[DeployedUnit]:
        units = self._by_role.get(("main", service.name), ())
        return [unit for unit in units if unit.service is service or unit.service == service]

    def sidekick_of(self, unit: DeployedUnit) -> DeployedUnit | None:
        for other in self._by_role.get(("sidekick", unit.service.name), ()):
            if (other.service, other.instance) == (unit.service, unit.instance):
                return other
        return None

    @cached_property
    def _by_role(self) -> Mapping[tuple[str, str], list[DeployedUnit]]:
        """The units by their role and the name of their service."""
        found: dict[tuple[str, str], list[DeployedUnit]] = {}
        for unit in self.units:
            found.setdefault((unit.role, unit.service.name), []).append(unit)
        return found


def read_deployment(path: Path) -> Deployment:
    """Read ``deployment.toml`` and every unit file it names.

    Raises ConfigurationError or UnitFileError with the file and what is wrong in it.
    """
    file = read_toml(path, DeploymentFile, "deployment file")
    services = tuple(replace(each, called=each.called or each.name) for each in file.service)
    check_once([image.name for image in file.image], "image", f"{path}")
    check_once([word for s in services for word in {s.name, s.called}], "service", f"{path}")
    for number, image in enumerate(file.image):
        _check_image(image, {above.name for above in file.image[:number]}, path)
    for service in services:
        _check_instances(service, path)
    units = tuple(unit for service in services for unit in _units(service, path))
    check_once([unit.name for unit in units], "unit", f"{path}")
    return Deployment(
        name=file.name,
        path=path,
        application=file.application,
        metadata=tuple(dict(each) for each in file.machines.metadata),
        images=file.image,
        services=services,
        units=units,
    )


def _check_image(image: ImageSpec, above: set[str], path: Path) -> None:
    if not (image.context / "Dockerfile").is_file():
        raise ConfigurationError(
            f"{path}: image '{image.name}': there is no {image.context / 'Dockerfile'}"
        )
    if image.base and image.base not in above:
        raise ConfigurationError(
            f"{path}: image '{image.name}' has base '{image.base}', but no [[image]] above it has "
            "that name"
        )


def _check_instances(service: Service, path: Path) -> None:
    where = f"{path}: service '{service.name}'"
    check_once(service.instances, "instance", where)
    for file in filter(None, (service.template, service.sidekick)):
        if is_template(file) and not all(service.instances or ("",)):
            raise ConfigurationError(f"{where}: {file} is a template and needs instances = [...]")
        if not is_template(file) and service.instances:
            raise ConfigurationError(f"{where}: {file} is not a template, so it has no instances")


def _units(service: Service, path: Path) -> list[DeployedUnit]:
    def files(name: str) -> UnitFile:
        file = path.parent / name
        if not file.is_file():
            raise ConfigurationError(f"{path}: service '{service.name}': there is no {file}")
        return UnitFile.read(file)

    main = files(service.template)
    sidekick = files(service.sidekick) if service.sidekick else None
    units: list[DeployedUnit] = []
    for instance in service.instances or ("",):
        name = instance_name(service.template, instance) if instance else service.template
        units.append(DeployedUnit(name, service, "main", instance, main))
        if sidekick:
            name = instance_name(service.sidekick, instance) if instance else service.sidekick
            units.append(DeployedUnit(name, service, "sidekick", instance, sidekick))
    for unit in units:
        check_effect(unit.file)
        check(unit.file, unit.name)
    return units
