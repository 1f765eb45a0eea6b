"""The application under test: a directory with code, data and what its customers do."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DESCRIPTION = "application.toml"
NEEDED = ("code", "database.sql", "config.tmpl")
OPTIONAL = ("php.ini", "my.cnf")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a customer of the application does, a row of its ``application.toml``.

    In ``path`` and the values of ``form``: ``{id}`` is a unique id made by the client, ``{known}``
    one the customer created and got acknowledged, ``{word}`` a word to search for.
    """

    name: str
    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    expect: tuple[int, ...] = (200,)
    """HTTP statuses of a good answer; any other is a failed request."""
    once: bool = False
    """Done first, and again whenever an answer is 401 (a login)."""
    creates: bool = False
    """An expected answer acknowledges ``{id}``."""
    weight: int = 1
    """How often, relative to the other actions that are not ``once``."""


@dataclass(frozen=True, slots=True)
class Application:
    """``docs/application.md`` tells how to write one."""

    directory: Path
    name: str
    version: str
    health: str
    """Path that tells liveness; it must not need the database."""
    document_root: str
    """Relative to ``code/``."""
    configuration: str
    """Where the rendered configuration goes, relative to ``code/``."""
    actions: tuple[Action, ...]
    record: str = "record"
    """The word for one thing that customers create, such as ``order``."""

    @property
    def build_arguments(self) -> dict[str, str]:
        return {
            "HEALTH": self.health,
            "DOCUMENT_ROOT": self.document_root,
            "CONFIGURATION": self.configuration,
            "VERSION": self.version,
        }

    def files(self, entry: str) -> dict[str, Path | None]:
        """Path in a build context → file of ``entry`` (a file or a directory of it); an optional
        one that is not there is None, an empty file."""
        path = self.directory / entry
        if entry in OPTIONAL and not path.exists():
            return {f"application/{entry}": None}
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        return {
            f"application/{file.relative_to(self.directory).as_posix()}": file
            for file in found
            if file.is_file() or file.is_symlink()
        }


def read_application(directory: Path) -> Application:
    """Raises ConfigurationError: one sentence with the file and what is wrong."""
    for entry in (DESCRIPTION, *NEEDED):
        if not (directory / entry).exists():
            raise ConfigurationError(f"the application directory {directory} has no {entry}")
    if not os.access(directory / "code", os.R_OK | os.X_OK):
        raise ConfigurationError(f"the application's {directory / 'code'} cannot be read")
    path = directory / DESCRIPTION
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}") from error
    needed = {f.name for f in fields(Application)} - {"directory", "actions", "record"}
    _check(table, needed | {"action", "record"}, needed, f"{path}")
    texts = table.keys() - {"action"}
    for key in texts:
        if not isinstance(table[key], str):
            raise ConfigurationError(f"{path}: '{key}' takes a text, not {table[key]!r}")
    rows = table.get("action", [])
    actions = tuple(_action(row, f"{path}: action {n}") for n, row in enumerate(rows, 1))
    return Application(directory, **{key: table[key] for key in texts}, actions=actions)


def _action(row: dict[str, Any], where: str) -> Action:
    _check(row, {f.name for f in fields(Action)}, {"name", "method", "path"}, where)
    expect = row.get("expect", [200])
    if not isinstance(expect, list) or not all(isinstance(each, int) for each in expect):
        raise ConfigurationError(f"{where}: 'expect' takes HTTP statuses, such as [200, 303]")
    return Action(**{**row, "expect": tuple(expect)})


def _check(table: dict[str, Any], known: set[str], needed: set[str], where: str) -> None:
    unknown = sorted(table.keys() - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise ConfigurationError(f"{where}: unknown key '{unknown[0]}' (known: {names})")
    missing = sorted(needed - table.keys())
    if missing:
        raise ConfigurationError(f"{where}: '{missing[0]}' is missing")
