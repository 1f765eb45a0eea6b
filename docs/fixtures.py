"""Write docs/fixtures.md: each fixture of the plugin, and what its object can do.

Run it after a change of a fixture or of its object: ``python docs/fixtures.py``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.plugin import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("fixtures.md")
INTRODUCTION = """\
<!-- Written by docs/fixtures.py from pytest_cna/plugin/fixtures.py. Do not edit. -->

# Fixtures

A test asks for a fixture by naming it as a parameter. `pytest --fixtures -v` shows the same texts.
A service goes by its `called` in [deployment.toml](deployment.md), such as `"web server"`.

Scope **session**: made once, for all tests of the run. Scope **function**: made for each test.
"""
NOT_FOR_TESTS = {
    "cluster": {"bring_up", "destroy"},
    "deployment": {"launch", "remove", "stop", "measure", "measured"},
    "discovery": {"close"},
    "scene": {"heal"},
    "timeline": {"write_to", "record", "close"},
    "traffic": {"start", "stop", "follow"},
}
"""Fixture → what the run itself calls."""


@dataclass(frozen=True, slots=True)
class Fixture:
    name: str
    scope: str
    text: str
    returns: str
    """Name of the class of its object."""
    module: str
    """Where that class is."""


def page() -> str:
    return "\n".join([INTRODUCTION, *(section(each) for each in public_fixtures())])


def public_fixtures() -> Iterator[Fixture]:
    """In the order of the file. Raises ValueError for one without a docstring."""
    tree = ast.parse(inspect.getsource(fixtures))
    homes = {
        alias.asname or alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        scope = fixture_scope(node)
        if scope is None or node.name.startswith("_"):
            continue
        text = ast.get_docstring(node)
        if text is None:
            raise ValueError(f"the fixture {node.name} has no docstring")
        returns = ast.unparse(node.returns) if node.returns else "None"
        returns = returns.removeprefix("Iterator[").removesuffix("]")
        yield Fixture(node.name, scope, text, returns, homes.get(returns, ""))


def fixture_scope(node: ast.FunctionDef) -> str | None:
    """Scope of a fixture, None of any other function."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if ast.unparse(call.func if call else decorator) != "pytest.fixture":
            continue
        scopes = [k.value for k in call.keywords if k.arg == "scope"] if call else []
        return str(ast.literal_eval(scopes[0])) if scopes else "function"
    return None


def section(fixture: Fixture) -> str:
    text = fixture.text.replace("``", "`")
    lines = [f"## {fixture.name}", "", f"*Scope {fixture.scope}.* {text}", ""]
    if fixture.module:
        kind = getattr(importlib.import_module(fixture.module), fixture.returns)
        members = list(public_members(kind, NOT_FOR_TESTS.get(fixture.name, set())))
        if members:
            lines += [f"| `{fixture.name}.` | |", "|---|---|", *members, ""]
    return "\n".join(lines)


def public_members(kind: type, omitted: set[str]) -> Iterator[str]:
    """A row for each public method and property, in the order of the class. Raises ValueError for
    one without a docstring."""
    for base in reversed(kind.__mro__[:-1]):
        for name, member in vars(base).items():
            if name.startswith("_") or name in omitted:
                continue
            function = getattr(member, "fget", None) or getattr(member, "func", None) or member
            if not inspect.isfunction(function):
                continue
            text = inspect.getdoc(function)
            if not text:
                raise ValueError(f"{base.__name__}.{name} has no docstring")
            shown = name + (call(function) if function is member else "")
            yield f"| `{shown}` | {markdown(text.split(chr(10) * 2)[0])} |"


def call(function: object) -> str:
    """Parameters without their types: ``(name, *, timeout=30.0)``."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    empty = inspect.Parameter.empty
    bare = [
        each.replace(annotation=empty, default=each.default if is_literal(each.default) else empty)
        for each in list(signature.parameters.values())[1:]
    ]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def is_literal(default: object) -> bool:
    return default is None or isinstance(default, bool | int | float | str)


def markdown(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
