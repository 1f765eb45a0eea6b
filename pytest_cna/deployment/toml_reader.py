"""Our TOML files, read as the dataclasses that describe them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

T = TypeVar("T")


def read_toml(path: Path, noun: type[T], what: str) -> T:
    """The file as a ``noun``, a dataclass whose fields are the keys; ``what``: the file in words.

    Nothing is coerced; a path in it is relative to the file. Raises ConfigurationError: one
    sentence with the file, the place in it and what to write there.
    """
    return fit_toml(parse_toml(path, what), noun, path)


def parse_toml(path: Path, what: str) -> dict[str, Any]:
    """Raises ConfigurationError when the file cannot be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no {what} {path}") from None
    except OSError as error:
        raise ConfigurationError(f"{what} {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is no UTF-8 text: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}") from error


def fit_toml(table: Mapping[str, Any], noun: type[T], path: Path) -> T:
    """The parsed file as a ``noun``; see ``read_toml``."""
    # cattrs takes time to import, and a run without a cluster reads nothing
    from pytest_cna.deployment.toml_structure import structure

    try:
        return structure(table, noun, path.parent)
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def check_once(words: Iterable[str], what: str, where: str) -> None:
    """Raises ConfigurationError when one is there twice."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ConfigurationError(f"{where}: {what} '{word}' is there twice")
        seen.add(word)
