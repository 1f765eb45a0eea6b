"""The small changes that are made to a judge, each as a wrong judge might have been written."""

from __future__ import annotations

import ast
from copy import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
NAMED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
"""Functions in whose place another is called."""
DEFAULTS = frozenset({"get", "pop", "next"})
"""Functions whose second argument says what is returned when there is nothing."""


def changes(node: ast.AST, *, optional: bool) -> Iterator[ast.AST | None]:
    """What may stand in the place of ``node``; None: nothing. ``optional``: of a function that may
    return None."""
    match node:
        case ast.Return(value=ast.expr() as value) if optional and not _is(value, None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.match_case():
            yield None
        case ast.If() | ast.IfExp() | ast.While():
            yield from _conditions(node)
        case ast.expr():
            yield from _expressions(node)


def _conditions(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    """Never, and always where there is something else to do."""
    if isinstance(node, ast.IfExp):
        yield node.orelse
        yield node.body
    elif not _is(node.test, True):
        yield _with(node, test=ast.Constant(False))
        if node.orelse:
            yield _with(node, test=ast.Constant(True))


def _expressions(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                swapped = [*ops[:index], COMPARED[type(op)](), *ops[index + 1 :]]
                yield _with(node, ops=swapped)
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for index in range(len(values)):
                left = [*values[:index], *values[index + 1 :]]
                yield left[0] if len(left) == 1 else _with(node, values=left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            yield ast.Constant(0)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand
        case ast.BinOp():
            yield from _operations(node)
        case ast.Subscript(slice=ast.Constant(value=0), ctx=ast.Load()):
            yield _with(node, slice=ast.Constant(-1))
        case ast.Subscript(slice=ast.Slice(), ctx=ast.Load()):
            yield node.value
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=(int() | float()) as value):
            yield ast.Constant(value + 1)
        case ast.List(elts=parts) | ast.Set(elts=parts) | ast.Tuple(elts=parts):
            if len(parts) > 1 and (not isinstance(node, ast.Tuple) or _are_kinds(parts)):
                for index in range(len(parts)):
                    yield _with(node, elts=[*parts[:index], *parts[index + 1 :]])
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _filters(node)
        case ast.Call():
            yield from _calls(node)


def _operations(node: ast.BinOp) -> Iterator[ast.AST]:
    match node.op:
        case ast.Add() if _is_list(node.left) or _is_list(node.right):
            yield node.left
            yield node.right
        case ast.Add():
            yield _with(node, op=ast.Sub())
        case ast.Sub():
            yield _with(node, op=ast.Add())
            yield node.left
        case ast.Mult():
            yield node.right
            yield node.left
        case ast.Div():
            yield node.left
        case ast.BitOr() | ast.BitAnd():
            yield node.left
            yield node.right


def _filters(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> Iterator[ast.AST]:
    """Without one of its conditions."""
    for number, loop in enumerate(node.generators):
        for index in range(len(loop.ifs)):
            left = _with(loop, ifs=[*loop.ifs[:index], *loop.ifs[index + 1 :]])
            loops = [*node.generators[:number], left, *node.generators[number + 1 :]]
            yield _with(node, generators=loops)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if isinstance(node.func, ast.Name) and name in NAMED:
        given = [] if name == "sorted" else node.keywords
        yield _with(node, func=ast.Name(NAMED[name], ast.Load()), keywords=given)
    if name in DEFAULTS and len(node.args) > 1:
        yield _with(node, args=node.args[:1])
    for keyword in node.keywords:
        if keyword.arg == "default" or (keyword.arg == "key" and name in {"min", "max"}):
            left = [each for each in node.keywords if each is not keyword]
            yield _with(node, keywords=left)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    made = copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _is(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _are_kinds(parts: list[ast.expr]) -> bool:
    """Whether they are classes or words, of which some may be missing."""
    return all(
        (isinstance(part, ast.Name) and part.id[0].isupper())
        or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for part in parts
    )


def _is_list(node: ast.AST) -> bool:
    return isinstance(node, ast.List | ast.ListComp | ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
