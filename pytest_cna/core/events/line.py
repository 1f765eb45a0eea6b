"""The form of an event in ``timeline.jsonl``: one JSON object a line, compatible with all versions.

Its schema is ``pytest_cna/report/timeline.schema.json``.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, get_args

from pytest_cna.core.events.event import Event, UnknownEvent
from pytest_cna.core.events.registry import find
from pytest_cna.core.redaction import in_every_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def line_of(event: Event, redact: Callable[[str], str] = lambda text: text) -> str:
    """The line of ``event``, with its line end. ``redact`` removes secrets from each text in it."""
    row = {
        "monotonic": event.monotonic,
        "wall": event.wall,
        "source": event.source,
        "kind": event.kind,
        "subject": redact(event.subject),
        "data": in_every_text(redact, dict(event.data)),
    }
    return json.dumps(row) + "\n"


def event_of(line: str) -> Event:
    """The event in ``line``: of its kind's class, else an UnknownEvent.

    ``line_of`` gives the same line again. Raises ValueError for a line that is not an event.
    """
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"not an event: {line:.100}")
    monotonic, wall = _time(row, "monotonic"), _time(row, "wall")
    source, kind, subject = (_text(row, name) for name in ("source", "kind", "subject"))
    data = row.get("data")
    if not isinstance(data, dict):
        raise ValueError(f"an event without data: {line:.100}")
    made = find(source, kind)
    values = None if made is None else _values(made, subject, data)
    if made is None or values is None:
        return UnknownEvent(source, kind, subject, data, monotonic=monotonic, wall=wall)
    written = None if tuple(data) == made.declared.keys else data
    return made(**values, monotonic=monotonic, wall=wall, written=written)


def _values(made: type[Event], subject: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Field → value; None when the class cannot hold the data of the line."""
    named = made.declared.subject
    said = {**data, named: subject} if named else data
    types = made.declared.types
    values = {name: said[name] for name in types if name in said}
    whole = types.keys() - values.keys() <= made.declared.optional and (bool(named) or not subject)
    fitting = all(_fits(value, types[name]) for name, value in values.items())
    return values if whole and fitting else None


def _fits(value: object, wanted: object) -> bool:
    """Whether ``value`` has the type of a field; an integer is also a number, a boolean is not."""
    kinds = get_args(wanted) or (wanted,)
    return type(value) in kinds or (type(value) is int and float in kinds)


def _time(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"an event whose {name} is not a time, but {value!r:.100}")
    return value


def _text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(f"an event whose {name} is not a text, but {value!r:.100}")
    return value
