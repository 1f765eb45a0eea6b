"""pytest-cna's TOML files, read as the dataclasses that describe them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

T = TypeVar("T")


def read_toml(path: Path, noun: type[T], what: str) -> T:
    """Read the file as a ``noun``, a dataclass whose fields are its keys.

    ``what`` names the kind of file in messages. No value is converted, except that paths become
    relative to the file. Raises ConfigurationError with the file, the place in it and what to write
    there.
    """
    return fit_toml(parse_toml(path, what), noun, path)


def parse_toml(path: Path, what: str) -> dict[str, Any]:
    """The file's table. Raises ConfigurationError when it cannot be read or is not valid TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no {what} {path}") from None
    except OSError as error:
        raise ConfigurationError(f"{what} {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error


def fit_toml(table: Mapping[str, Any], noun: type[T], path: Path) -> T:
    """The parsed file as a ``noun``; see ``read_toml``."""
    # imported late: cattrs is slow to import, and a run without a cluster reads no file
    from pytest_cna.deployment.toml_structure import structure

    try:
        return structure(table, noun, path.parent)
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def check_once(words: Iterable[str], what: str, where: str) -> None:
    """Raise ConfigurationError when a word is repeated."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ConfigurationError(f"{where}: {what} '{word}' is listed twice")
        seen.add(word)
