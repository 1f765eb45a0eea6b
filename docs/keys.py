"""Write pytest_cna/schemas/ and the tables of keys in docs/, from the dataclasses that describe the
three TOML files: the types and docstrings of their fields.

Run it after a change of such a dataclass: ``python docs/keys.py``.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pytest_cna.deployment.application import Action, ApplicationFile
from pytest_cna.deployment.deployment_file import DeploymentFile, ImageSpec, Machines, Service
from pytest_cna.deployment.toml_types import NotEmpty, OrNumber, Pattern, Range
from pytest_cna.machines.providers.existing.inventory import Inventory, Listed

REPOSITORY = Path(__file__).parents[1]
SCHEMAS = REPOSITORY / "pytest_cna" / "schemas"
FILES: dict[str, type] = {
    "deployment": DeploymentFile,
    "application": ApplicationFile,
    "inventory": Inventory,
}
PAGES: dict[str, tuple[type, ...]] = {
    "deployment.md": (DeploymentFile, Machines, ImageSpec, Service),
    "application.md": (ApplicationFile, Action),
    "existing.md": (Listed,),
}
PLAIN: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Path: {"type": "string", "minLength": 1},
}
TAKES = {"string": "string", "integer": "number", "boolean": "true or false", "object": "table"}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a file; draft 7, which editors of TOML know."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"pytest-cna: {name}",
        **_table(FILES[name]),
    }


def rendered(name: str) -> str:
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def with_tables(text: str, nouns: tuple[type, ...]) -> str:
    """A page with the tables of keys between their marks as they have to be."""
    for noun in nouns:
        before, start, rest = text.partition(f"<!-- keys of {noun.__name__} -->\n")
        _, end, after = rest.partition("<!-- end of keys -->")
        if not end:
            raise ValueError(f"the page has no place for the keys of {noun.__name__}")
        text = "\n".join([before + start, *_rows(noun), "", end + after])
    return text


def described(noun: type) -> dict[str, str]:
    """Field → its docstring, in Markdown, those of its bases included."""
    found: dict[str, str] = {}
    for each in reversed([base for base in noun.__mro__ if is_dataclass(base)]):
        body = ast.parse(inspect.getsource(each)).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(words))),
                ):
                    found[name] = _markdown(words)
    return found


def _markdown(docstring: str) -> str:
    return " ".join(docstring.split()).replace("``", "`")


def _table(noun: type) -> dict[str, Any]:
    words = described(noun)
    annotations = get_type_hints(noun, include_extras=True)
    properties = {}
    # what has to be set first
    for field in sorted(fields(noun), key=lambda field: not _needed(field)):
        needed = _needed(field)
        properties[field.name] = {
            **_takes(annotations[field.name], needed=needed),
            **({} if needed else _default(field)),
            "description": words[field.name],
        }
    return {
        "description": _markdown(inspect.getdoc(noun) or ""),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields(noun) if _needed(field)],
        "additionalProperties": False,
    }


def _needed(field: Field[Any]) -> bool:
    return field.default is field.default_factory is MISSING


def _default(field: Field[Any]) -> dict[str, Any]:
    value = field.default
    value = list(value) if isinstance(value, tuple) else value
    shown = isinstance(value, bool) or (value and isinstance(value, str | int | list))
    return {"default": value} if shown else {}


def _takes(kind: Any, *, needed: bool = False) -> dict[str, Any]:  # noqa: ANN401
    arguments = get_args(kind)
    match get_origin(kind):
        case origin if origin is Annotated:
            found = dict(PLAIN[arguments[0]])
            for mark in arguments[1:]:
                found |= _mark(mark)
            return found
        case origin if origin is Literal:
            return {"type": "string", "enum": list(arguments)}
        case origin if origin is UnionType:
            return _takes(arguments[0])
        case origin if origin is tuple:
            least = {"minItems": 1} if needed else {}
            return {"type": "array", "items": _takes(arguments[0])} | least
        case origin if origin is Mapping:
            key, value = (_takes(each) for each in arguments)
            names = {"propertyNames": {"pattern": key["pattern"]}} if "pattern" in key else {}
            return {"type": "object", "additionalProperties": value} | names
    return dict(PLAIN[kind]) if kind in PLAIN else _table(kind)


def _mark(mark: object) -> dict[str, Any]:
    match mark:
        case NotEmpty():
            return {"minLength": 1}
        case Pattern():
            return {"pattern": f"^(?:{mark.regex})$"}
        case Range():
            most = {} if mark.most is None else {"maximum": mark.most}
            return {"minimum": mark.least} | most
        case OrNumber():
            return {"type": ["string", "integer"]}
    raise TypeError(f"no JSON Schema is known for {mark!r}")


def _rows(noun: type) -> Iterator[str]:
    """A Markdown table of the keys."""
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    found = _table(noun)
    for key, takes in found["properties"].items():
        default = f"`{json.dumps(takes['default'])}`" if "default" in takes else "none"
        cell = "required" if key in found["required"] else default
        words = re.sub(r"docs/(\w+\.md)", r"[\1](\1)", takes["description"])
        yield f"| `{key}` | {_words(key, takes)} | {cell} | {words} |"


def _words(key: str, takes: dict[str, Any]) -> str:
    kind = takes["type"]
    if kind == "array":
        items = takes["items"]
        if "properties" in items:
            return f"`[[{key}]]` rows"
        if "enum" in items:
            return "list of " + ", ".join(f"`{each}`" for each in items["enum"])
        of = items["type"] if isinstance(items["type"], str) else "string"
        return f"list of {TAKES[of]}s"
    return f"`[{key}]` table" if "properties" in takes else TAKES[kind]


def main() -> None:
    SCHEMAS.mkdir(exist_ok=True)
    for name in FILES:
        (SCHEMAS / f"{name}.schema.json").write_text(rendered(name), encoding="utf-8")
    for page, nouns in PAGES.items():
        path = REPOSITORY / "docs" / page
        path.write_text(with_tables(path.read_text("utf-8"), nouns), encoding="utf-8")


if __name__ == "__main__":
    main()
