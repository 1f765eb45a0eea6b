"""Error messages for invalid TOML: the place, what is wrong there, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from pytest_cna.core.words import hint

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN, WRONG, MISSING = range(3)
"""Kinds of problems in the order of report: a misspelt key, for one, explains a missing key."""
LONGEST = 80
"""Characters of a value that a message shows."""
PLAIN = {
    str: ("a string", "strings"),
    int: ("a number", "numbers"),
    bool: ("true or false", "true and false"),
    Path: ("a path, as a string", "paths"),
}
"""The words for a value of each type, and for a list of them."""


class WrongValue(ValueError):
    """A key, or an element of its list, has ``value``, which is not of ``kind``."""

    def __init__(self, kind: Any, value: object) -> None:  # noqa: ANN401
        super().__init__(kind, value)
        self.kind, self.value = kind, value


@dataclass(frozen=True, slots=True)
class _Place:
    """A key in a table of the file; ``table`` is the table's name in a message."""

    table: str
    key: str
    value: Any
    """The key's value in the file."""
    kind: Any
    """The type of value that the key takes."""


def first_problem(error: BaseValidationError, table: Mapping[str, Any]) -> str:
    """The most helpful message about what cattrs found wrong in ``table``."""
    found = _problems(error, _Place("top level", "", table, None))
    return min(found, key=lambda problem: problem[0])[1]


def _problems(error: BaseException, place: _Place) -> Iterator[tuple[int, str]]:
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            yield from _problems(inner, _inside(place, note, inner))
        for inner in others:
            yield from _problems(inner, place)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [f.name for f in fields(error.cl)]
        for key in (key for key in place.value if key in error.extra_fields):
            yield UNKNOWN, f"{place.table}: unknown key {key!r}{hint(key, known)}"
    elif isinstance(error, WrongValue):
        takes = _takes(error.kind, place.key, error.value)
        yield WRONG, f"{place.table}: {place.key!r} takes {takes}, not {_shown(error.value)}"
    elif isinstance(error, KeyError):
        yield MISSING, f"{place.table}: '{place.key}' is missing; add {_example(place)}"
    else:
        raise error


def _inside(
    place: _Place, note: AttributeValidationNote | IterableValidationNote, error: BaseException
) -> _Place:
    """The place that cattrs' ``note`` names, within ``place``; a nested table becomes the place
    when the problem is inside it."""
    if isinstance(note, AttributeValidationNote):
        name = note.name
        value = place.value.get(name)
        key = f"{place.key}.{name}" if place.key else name
        table = f"[{key}]"
    else:
        number = note.index + 1 if isinstance(note.index, int) else None
        value = place.value[note.index]
        key = f"{place.key}[{number}]" if number else f"{place.key}.{note.index}"
        named = value.get("name") if isinstance(value, dict) else None
        table = f"{key} {named!r}" if isinstance(named, str) else key
    if is_dataclass(note.type) and isinstance(error, BaseValidationError):
        return _Place(table, "", value, note.type)
    return _Place(place.table, key, value, note.type)


def _takes(kind: Any, key: str, value: object = None) -> str:  # noqa: ANN401
    """The words for ``kind`` that follow "takes" in a message."""
    if isinstance(value, str) and "\0" in value:
        return "a string without the character NUL"
    if get_origin(kind) is Annotated:
        plain, *marks = get_args(kind)
        words = [mark.takes for mark in marks if hasattr(mark, "takes")]
        return words[0] if words else PLAIN[plain][0]
    if get_origin(kind) is Mapping:
        return 'a table, such as { key = "value" }'
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if is_dataclass(kind):
        return f"a table [{key}]"
    if get_origin(kind) is tuple:
        element = get_args(kind)[0]
        if is_dataclass(element):
            return f"tables, each under its own heading [[{key}]]"
        if get_origin(element) is Mapping:
            return 'a list of tables, such as [{ key = "value" }]'
        if get_origin(element) is Literal:
            return f"a list of {_takes(element, key)}"
        plain = get_args(element)[0] if get_origin(element) is Annotated else element
        return f"a list of {PLAIN[plain][1]}"
    return PLAIN[kind][0]


def _example(place: _Place) -> str:
    if get_origin(place.kind) is not tuple:
        return f'{place.key} = "..."'
    if is_dataclass(get_args(place.kind)[0]):
        return f"a [[{place.key}]]"
    return f'{place.key} = [{{ key = "value" }}]'


def _shown(value: object) -> str:
    if value == "":
        return "an empty string"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
