"""Mutants of a module: the module with one small change each. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from changes import changes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

ROOT = Path(__file__).parents[2]
LONG = 70
"""Characters of code that are shown of a change."""
CONTEXT = 25
"""Characters that are shown before the first that differs."""
UNSEEN = frozenset({"annotation", "returns", "decorator_list", "format_spec"})
"""Parts of the syntax in which a change has no effect, or one of style."""


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A module in which ``node``, at ``place`` of its parent, is ``instead``."""

    path: Path
    tree: ast.Module
    parent: ast.AST
    place: tuple[str, int | None]
    node: ast.expr | ast.stmt | ast.match_case
    instead: ast.AST | None
    """None where it is left out."""

    @property
    def file(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def line(self) -> int:
        return (self.node.pattern if isinstance(self.node, ast.match_case) else self.node).lineno

    @property
    def lines(self) -> range:
        """Those of what is changed."""
        if isinstance(self.node, ast.match_case):
            return range(self.line, (self.node.body[-1].end_lineno or self.line) + 1)
        return range(self.line, (self.node.end_lineno or self.line) + 1)

    @property
    def change(self) -> str:
        """``a < b → a <= b``; of what is long, the part that differs."""
        old, new = _text(self.node), _text(self.instead) if self.instead else "nothing"
        same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
        )
        start = max(0, same - CONTEXT) if max(len(old), len(new)) > LONG else 0
        return f"{_cut(old, start)} → {_cut(new, start)}"

    @property
    def text(self) -> str:
        """The line in which it is, as the file has it."""
        return self.path.read_text(encoding="utf-8").splitlines()[self.line - 1].strip()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"

    def code(self) -> CodeType:
        """The changed module, compiled."""
        self._put(self.instead)
        try:
            return compile(self.tree, str(self.path), "exec")
        finally:
            self._put(self.node, back=True)

    def _put(self, node: ast.AST | None, *, back: bool = False) -> None:
        field, index = self.place
        if node is not None and not back:
            ast.fix_missing_locations(ast.copy_location(node, self.node))
        if index is None:
            setattr(self.parent, field, node)
        elif self.instead is not None:
            getattr(self.parent, field)[index] = node
        elif back:
            getattr(self.parent, field).insert(index, node)
        else:
            del getattr(self.parent, field)[index]


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    optional = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and _may_be_none(function)
        for node in ast.walk(function)
        if isinstance(node, ast.Return)
    }
    made = [
        Mutant(path, tree, parent, place, node, instead)
        for parent, place, node in _places(tree)
        for instead in changes(node, optional=id(node) in optional)
        if instead is None or _bound(node) is _bound(instead)
    ]
    return sorted(made, key=lambda mutant: mutant.line)


def _places(
    parent: ast.AST,
) -> Iterator[tuple[ast.AST, tuple[str, int | None], ast.expr | ast.stmt | ast.match_case]]:
    """Every node whose change can be seen, with its parent and its place in it."""
    for field, value in ast.iter_fields(parent):
        if field in UNSEEN:
            continue
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(node, ast.AST) or _only_typed(node):
                continue
            if isinstance(node, ast.expr | ast.stmt | ast.match_case):
                yield parent, (field, index if isinstance(value, list) else None), node
            yield from _places(node)


def _only_typed(node: ast.AST) -> bool:
    """What only type checkers see, and the values of patterns, which are no expressions."""
    match node:
        case ast.Assert() | ast.Import() | ast.ImportFrom() | ast.pattern():
            return True
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.Subscript(value=ast.Name("Literal")):
            return True
    return False


def _bound(node: ast.AST) -> bool:
    """Whether it calls ``super()``, by which a method is a closure of its class: the code of one
    that is none cannot take its place."""
    return "super()" in ast.unparse(node)


def _may_be_none(function: ast.FunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns).endswith("| None")


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _cut(text: str, start: int) -> str:
    end = start + LONG
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (len(text) > end)}"
