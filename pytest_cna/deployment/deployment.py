"""The deployment: which images are built, which units run, and what the features call them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.events.container import ContainerCreated, ContainerStarted
from pytest_cna.core.words import plural
from pytest_cna.deployment.toml_table import check_once, check_table
from pytest_cna.deployment.unit_file import UnitFile, expand, instance_of, is_template
from pytest_cna.deployment.x_fleet import check, check_effect

if TYPE_CHECKING:
    from pathlib import Path

TOP = {"name": "str", "application": "str", "machines": "table", "image": "rows", "service": "rows"}
PUBLISHED = r"(?<!\S)(?:-p|--publish)[=\s]*(?:\S+:)?(\d+)(?:-(\d+))?:[\d-]+(?:/tcp)?(?!\S)"
"""Of ``docker run``: the first and last port of the machine in one ``-p``."""


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """A container image to build: a row of ``deployment.toml``.

    Units refer to it as ``<name>:${DOCKER_IMAGE_TAG}``.
    """

    name: str
    context: Path
    base: str = ""
    """Name of the image it is built on; empty for the Debian root."""
    tools: tuple[str, ...] = ()
    """Built programs that are put into the root of its context."""
    application: tuple[str, ...] = ()
    """Entries of the application directory that are put under ``application/``."""


@dataclass(frozen=True, slots=True)
class Service:
    """A role in the set, such as the web server."""

    name: str
    """Its name in service discovery: ``/services/<name>``."""
    called: str
    """The word of the features."""
    template: str
    instances: tuple[str, ...]
    sidekick: str = ""
    announced: bool = True
    backend: str = ""
    """HAProxy's backend that routes to it."""
    health: str = ""
    code: str = ""
    """Where its containers have the application's ``code/``."""
    stats_port: int = 0
    """Of a load balancer: where HAProxy's statistics are."""
    configuration: str = ""
    """Of a load balancer: path in its container of the configuration that confd renders; empty:
    what the template resource in its image says."""


@dataclass(frozen=True, slots=True)
class DeployedUnit:
    """One unit of the set; ``instance`` is what stands behind the @, empty for a plain unit."""

    name: str
    service: Service
    role: Literal["main", "sidekick"]
    instance: str
    file: UnitFile

    @property
    def container(self) -> str:
        """The name its ``docker run`` or ``docker create`` gives, empty without one."""
        named = re.search(r"--name[= ](\S+)", self.file.value("Service", "ExecStart"))
        return expand(named[1], self.name) if named else ""

    @property
    def up_with(self) -> type[ContainerStarted] | type[ContainerCreated]:
        """The event that says its container is as it should be: a data container is only
        created."""
        command = self.file.value("Service", "ExecStart")
        created = re.search(r"\bdocker create\b", command)
        return ContainerCreated if created else ContainerStarted

    @property
    def published_ports(self) -> tuple[int, ...]:
        """TCP ports of the machine that its ``docker run -p`` takes."""
        command = expand(self.file.value("Service", "ExecStart"), self.name)
        found = re.findall(PUBLISHED, command)
        return tuple(p for low, high in found for p in range(int(low), int(high or low) + 1))


@dataclass(frozen=True, slots=True)
class Deployment:
    name: str
    path: Path
    application: Path | None
    metadata: tuple[dict[str, str], ...]
    """Of the machines, by index, repeated when there are more."""
    images: tuple[ImageSpec, ...]
    services: tuple[Service, ...]
    units: tuple[DeployedUnit, ...]
    """In start order, each main unit before its sidekick."""

    def service(self, called: str) -> Service:
        """By the features' word, its plural, or its own name. Raises ConfigurationError, listing
        the known."""
        for service in self.services:
            if called in {service.called, plural(service.called), service.name}:
                return service
        known = ", ".join(service.called for service in self.services)
        raise ConfigurationError(f"{self.path}: no service is called '{called}' (known: {known})")

    @property
    def balancer(self) -> Service | None:
        """The service customers come through, if there is one."""
        return next((each for each in self.services if each.stats_port), None)

    @property
    def published_ports(self) -> tuple[int, ...]:
        return tuple(sorted({port for unit in self.units for port in unit.published_ports}))

    def main_units(self, service: Service) -> list[DeployedUnit]:
        return [u for u in self.units if u.service == service and u.role == "main"]

    def sidekick_of(self, unit: DeployedUnit) -> DeployedUnit | None:
        for other in self.units:
            same = (other.service, other.instance) == (unit.service, unit.instance)
            if same and other.role == "sidekick":
                return other
        return None


def read_deployment(path: Path) -> Deployment:
    """Read ``deployment.toml`` and every unit file it names.

    Raises ConfigurationError or UnitFileError: one sentence with the file and what is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no deployment file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}") from error
    check_table(table, TOP, {"name", "service"}, f"{path}: the top")
    machines = table.get("machines", {"metadata": [{"public": "true"}]})
    check_table(machines, {"metadata": "tables"}, {"metadata"}, f"{path}: [machines]")
    for word in (word for row in machines["metadata"] for item in row.items() for word in item):
        if not isinstance(word, str) or not re.fullmatch(r'[^\s,="]+', word):
            raise ConfigurationError(
                f'{path}: [machines]: metadata takes words, such as public = "true", not {word!r}'
            )
    images = tuple(_image(row, path) for row in table.get("image", []))
    services = tuple(_service(row, path) for row in table["service"])
    check_once([image.name for image in images], "image", f"{path}")
    check_once([word for s in services for word in {s.name, s.called}], "service", f"{path}")
    for number, image in enumerate(images):
        if image.base and image.base not in {above.name for above in images[:number]}:
            raise ConfigurationError(
                f"{path}: image '{image.name}' is based on '{image.base}', which no [[image]] "
                "above it builds"
            )
    units = tuple(unit for service in services for unit in _units(service, path))
    check_once([unit.name for unit in units], "unit", f"{path}")
    application = table.get("application")
    return Deployment(
        name=table["name"],
        path=path,
        application=(path.parent / application).resolve() if application else None,
        metadata=tuple(machines["metadata"]),
        images=images,
        services=services,
        units=units,
    )


def _image(row: dict[str, Any], path: Path) -> ImageSpec:
    where = f"{path}: image '{row.get('name', '?')}'"
    kinds = {f.name: str(f.type) for f in fields(ImageSpec)} | {"context": "str"}
    check_table(row, kinds, {"name", "context"}, where)
    context = (path.parent / row["context"]).resolve()
    if not (context / "Dockerfile").is_file():
        raise ConfigurationError(f"{where}: there is no {context / 'Dockerfile'}")
    return ImageSpec(
        name=row["name"],
        context=context,
        base=row.get("base", ""),
        tools=tuple(map(str, row.get("tools", ()))),
        application=tuple(map(str, row.get("application", ()))),
    )


def _service(row: dict[str, Any], path: Path) -> Service:
    where = f"{path}: service '{row.get('name', '?')}'"
    check_table(row, {f.name: str(f.type) for f in fields(Service)}, {"name", "template"}, where)
    instances = tuple(map(str, row.get("instances", ())))
    check_once(instances, "instance", where)
    for file in filter(None, (row["template"], row.get("sidekick"))):
        if is_template(file) and not all(instances or ("",)):
            raise ConfigurationError(f"{where}: {file} is a template and needs instances = [...]")
        if not is_template(file) and instances:
            raise ConfigurationError(f"{where}: {file} is no template and cannot have instances")
    return Service(**{"called": row["name"], **row, "instances": instances})


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
        name = instance_of(service.template, instance) if instance else service.template
        units.append(DeployedUnit(name, service, "main", instance, main))
        if sidekick:
            name = instance_of(service.sidekick, instance) if instance else service.sidekick
            units.append(DeployedUnit(name, service, "sidekick", instance, sidekick))
    for unit in units:
        check_effect(unit.file)
        check(unit.file, unit.name)
    return units
