"""Write docs/events.md and pytest_cna/report/timeline.schema.json: each kind of event.

Run it after a change in pytest_cna/core/events: ``python docs/events.py``.
"""

from __future__ import annotations

import ast
import inspect
import json
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pytest_cna.core import events
from pytest_cna.core.events.registry import all_kinds

if TYPE_CHECKING:
    from pytest_cna.core.events.event import Event

HERE = Path(__file__).parent
PAGE = HERE / "events.md"
SCHEMA = HERE.parent / "pytest_cna" / "report" / "timeline.schema.json"
INTRODUCTION = """\
<!-- Written by docs/events.py from pytest_cna/core/events. Do not edit. -->

# Events

Everything that happens to the cluster, and everything that is done to it, is an event on the
timeline. A test reads them by class, with typed fields:

```python
from pytest_cna.core.events.unit import UnitScheduled

placed = timeline.events(UnitScheduled, "web@8001.service")[-1]
assert placed.machine == "core-2"
```

`timeline.jsonl` has the same events, one JSON object a line:

| key | |
|---|---|
| `monotonic` | seconds of the clock that orders the run; `requests.jsonl` has the same |
| `wall` | the same moment, Unix time |
| `source`, `kind` | what happened, the first column below |
| `subject` | what it happened to; empty when it is no single thing |
| `data` | the rest, by the names below |

`pytest_cna/report/timeline.schema.json` says the same as a JSON Schema. Be ready for kinds that are
not in it: another version may have more, and so may a plugin.
"""
TYPES: dict[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def page() -> str:
    parts = [INTRODUCTION]
    for source, kinds in groupby(own_kinds(), lambda kind: kind.declared.source):
        rows = list(kinds)
        about = inspect.getdoc(inspect.getmodule(rows[0])) or ""
        parts += [f"## {source}", "", markdown(about), ""]
        parts += ["| kind | class | | subject | data |", "|---|---|---|---|---|"]
        parts += [*map(row, rows), ""]
    return "\n".join(parts)


def own_kinds() -> list[type[Event]]:
    """Those of this distribution."""
    return [kind for kind in all_kinds() if kind.__module__.startswith(events.__name__)]


def row(kind: type[Event]) -> str:
    said = meanings(kind)
    declared = kind.declared
    data = "<br>".join(meaning(key, said) for key in declared.keys)
    subject = meaning(declared.subject, said) if declared.subject else ""
    cells = (f"`{declared.kind}`", f"`{kind.__name__}`", description(kind), subject, data)
    return f"| {' | '.join(map(markdown, cells))} |"


def meaning(field: str, said: dict[str, str]) -> str:
    return f"`{field}`: {said[field]}" if field in said else f"`{field}`"


def schema() -> dict[str, Any]:
    """Of a line. Kinds that are not in it are valid: they are another version's, or a plugin's."""
    kinds = own_kinds()
    text = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-cna timeline, a line of timeline.jsonl",
        "description": "One event. Kinds that are not described here may come too.",
        "type": "object",
        "required": ["monotonic", "wall", "source", "kind", "subject", "data"],
        "properties": {
            "monotonic": {"type": "number", "description": "seconds; orders the events of a run"},
            "wall": {"type": "number", "description": "the same moment, Unix time (s)"},
            "source": {**text, "description": "the part that is observed, or that acts"},
            "kind": {**text, "description": "what happened, a word of the source's own"},
            "subject": {**text, "description": "what it happened to; empty: no single thing"},
            "data": {"type": "object", "description": "what else the event says"},
        },
        "allOf": [
            {
                "if": {
                    "properties": {
                        "source": {"const": kind.declared.source},
                        "kind": {"const": kind.declared.kind},
                    }
                },
                "then": {"$ref": f"#/$defs/{kind.__name__}"},
            }
            for kind in kinds
        ],
        "$defs": {kind.__name__: definition(kind) for kind in kinds},
    }


def definition(kind: type[Event]) -> dict[str, Any]:
    declared, said = kind.declared, meanings(kind)
    values = {key: value(key, declared.types[key], said) for key in declared.keys}
    name = declared.subject
    return {
        "description": description(kind),
        "properties": {
            "subject": value(name, declared.types[name], said, of=name) if name else {"const": ""},
            "data": {
                "type": "object",
                "required": [key for key in declared.keys if key not in declared.optional],
                "properties": values,
            },
        },
    }


def value(field: str, made: object, said: dict[str, str], of: str = "") -> dict[str, Any]:
    names = [TYPES[each] for each in get_args(made) or (made,)]
    words = ": ".join(each for each in (of, said.get(field, "")) if each)
    about = {"description": words} if words else {}
    return {"type": names[0] if len(names) == 1 else names, **about}


def description(kind: type[Event]) -> str:
    """Raises ValueError for a class without a docstring."""
    text = kind.__doc__ or ""
    if not text or text.startswith(f"{kind.__name__}("):
        raise ValueError(f"{kind.__name__} has no docstring, so no page can say what it is")
    return " ".join(text.split())


def meanings(kind: type[Event]) -> dict[str, str]:
    """Field → the text that stands under it in the class, or in one that it inherits from."""
    found: dict[str, str] = {}
    for made in reversed(kind.__mro__[:-1]):
        body = ast.parse(inspect.getsource(made)).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in pairwise(body.body):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
    return found


def markdown(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
