"""The application under test: a directory with code, data and what its customers do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.toml_reader import read_toml
from pytest_cna.deployment.toml_types import Filled, Status, Weight

DESCRIPTION = "application.toml"
WORDS = ("north", "trade", "works")


@dataclass(frozen=True, slots=True)
class Action:
    """Something a customer of the application does.

    In ``path`` and the values of ``form``: ``{id}`` is a unique id made by the client, ``{known}``
    the id of a record that this customer created and the application acknowledged, ``{word}`` a
    word to search for.
    """

    name: Filled
    """Its name in reports."""
    method: Filled
    """HTTP method, such as ``GET``."""
    path: Filled
    """Path and query of the request."""
    form: Mapping[str, str] = field(default_factory=dict)
    """Form fields to send."""
    expect: tuple[Status, ...] = (200,)
    """HTTP statuses of a good response; with any other the request has failed."""
    once: bool = False
    """Done first, and again after each response with status 401 (a login)."""
    creates: bool = False
    """Whether a good response acknowledges that the record ``{id}`` was created."""
    weight: Weight = 1
    """How often it is done, relative to the other actions that are not ``once``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFile:
    """``application.toml``: the application and what its customers do."""

    name: str
    """Name of the application."""
    version: str
    """Version of the application."""
    health: str
    """Path of the liveness check; it must work without the database and the cache."""
    document_root: str
    """Directory that is served, relative to ``code/``."""
    configuration: str
    """File that confd writes its configuration to, relative to ``code/``."""
    record: Filled = "record"
    """The word for one record that customers create, such as ``order``."""
    words: tuple[Filled, ...] = WORDS
    """Words that customers search for: the values of ``{word}``."""
    action: tuple[Action, ...] = ()
    """What customers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(ApplicationFile):
    """An application file and the directory it is in (see ``docs/application.md``)."""

    directory: Path

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.action

    @property
    def build_arguments(self) -> dict[str, str]:
        return {
            "HEALTH": self.health,
            "DOCUMENT_ROOT": self.document_root,
            "CONFIGURATION": self.configuration,
            "VERSION": self.version,
        }

    def files(self, entry: str) -> dict[str, Path | None]:
        """Path in a build context → file, for ``entry``, a file or a directory of the application.

        The value is None, for an empty file, when there is no such entry.
        """
        path = self.directory / entry
        if not path.exists():
            return {f"application/{entry}": None}
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        return {
            f"application/{file.relative_to(self.directory).as_posix()}": file
            for file in found
            if file.is_file() or file.is_symlink()
        }


def read_application(directory: Path, entries: Iterable[str]) -> Application:
    """Read ``application.toml`` in ``directory``, which must also contain ``entries``.

    Raises ConfigurationError with the file and what is wrong in it.
    """
    for path in (directory / entry for entry in (DESCRIPTION, *entries)):
        if not path.exists():
            raise ConfigurationError(f"the application directory {directory} has no {path.name}")
        if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
            raise ConfigurationError(f"the application's {path} cannot be read")
    file = read_toml(directory / DESCRIPTION, ApplicationFile, "application file")
    return Application(directory=directory, **{f.name: getattr(file, f.name) for f in fields(file)})
