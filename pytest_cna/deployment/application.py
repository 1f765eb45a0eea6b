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
    one the customer created and got acknowledged, ``{word}`` a word to search for.
    """

    name: Filled
    """What reports call it."""
    method: Filled
    """HTTP's method, such as ``GET``."""
    path: Filled
    """Path and query of the request."""
    form: Mapping[str, str] = field(default_factory=dict)
    """Fields of the form that is sent."""
    expect: tuple[Status, ...] = (200,)
    """HTTP statuses of a good answer; any other is a failed request."""
    once: bool = False
    """Done first, and again whenever an answer is 401 (a login)."""
    creates: bool = False
    """An expected answer acknowledges that the record ``{id}`` was created."""
    weight: Weight = 1
    """How often, relative to the other actions that are not ``once``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFile:
    """What the application is and what its customers do."""

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
    """The word for one thing that customers create, such as ``order``."""
    words: tuple[Filled, ...] = WORDS
    """What customers search for: the values of ``{word}``."""
    action: tuple[Action, ...] = ()
    """What customers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(ApplicationFile):
    """``docs/application.md`` tells how to write one."""

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
        """Path in a build context → file of ``entry`` (a file or a directory of it); one that is
        not there is None, an empty file."""
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
    """``entries``: what the directory has to have besides its description.

    Raises ConfigurationError: one sentence with the file and what is wrong.
    """
    for path in (directory / entry for entry in (DESCRIPTION, *entries)):
        if not path.exists():
            raise ConfigurationError(f"the application directory {directory} has no {path.name}")
        if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
            raise ConfigurationError(f"the application's {path} cannot be read")
    file = read_toml(directory / DESCRIPTION, ApplicationFile, "application file")
    return Application(directory=directory, **{f.name: getattr(file, f.name) for f in fields(file)})
