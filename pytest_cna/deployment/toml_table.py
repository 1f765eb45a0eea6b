"""A table of a TOML file: which keys it has and what each takes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

KINDS = {
    "str": "a text",
    "int": "a number",
    "bool": "true or false",
    "tuple[str, ...]": "a list of texts",
    "table": "a table",
    "tables": 'a list of tables, such as [{{ key = "value" }}]',
    "rows": "rows, each under its own heading [[{key}]]",
}
"""What a key may take, by the annotation of the field that it becomes."""


def check_table(
    table: Mapping[str, Any], kinds: Mapping[str, str], needed: Collection[str], where: str
) -> None:
    """``kinds``: the known keys, each with a key of KINDS. Raises ConfigurationError, which begins
    with ``where``, for the first key that is unknown, takes something else, or is missing."""
    for key, value in table.items():
        if key not in kinds:
            close = get_close_matches(key, kinds, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ConfigurationError(f"{where}: unknown key '{key}'{hint}")
        if not _is(kinds[key], value):
            wanted = KINDS[kinds[key]].format(key=key)
            raise ConfigurationError(f"{where}: '{key}' takes {wanted}, not {value!r}")
    missing = sorted(key for key in needed if not table.get(key))
    if missing:
        raise ConfigurationError(f"{where}: '{missing[0]}' is missing")


def check_once(words: Collection[str], what: str, where: str) -> None:
    """Raises ConfigurationError when one is there twice."""
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ConfigurationError(f"{where}: {what} '{word}' is there twice")
        seen.add(word)


def _is(kind: str, value: object) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "table":
            return isinstance(value, dict)
        case "rows" | "tables":
            return isinstance(value, list) and all(isinstance(row, dict) for row in value)
        case _:
            # a number is a text here: instances are often ports
            return isinstance(value, list) and all(_is("str", v) or _is("int", v) for v in value)
