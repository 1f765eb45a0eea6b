"""The import graph of ``pytest_cna``, read with ``ast``: rooms, floors, upward imports, circles.

``make rooms`` prints it. Imports under ``if TYPE_CHECKING`` count like others.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(__file__).parents[2] / "pytest_cna"

ROWS: tuple[str, ...] = (
    "core",
    "deployment",
    "judgement",
    "machines",
    "report",
    "cluster",
    "scenario",
    "testing",
    "plugin",
    "cli",
)
"""Rooms from the ground up: a room may import those before it."""
NOT: dict[str, frozenset[str]] = {
    "machines": frozenset({"judgement"}),
    "report": frozenset({"machines"}),
    "cluster": frozenset({"report"}),
    "plugin": frozenset({"testing"}),
    "cli": frozenset({"cluster", "scenario", "testing", "plugin"}),
}
"""Rooms that come before it and that it may not import all the same."""


@cache
def modules() -> dict[str, Path]:
    """Dotted name below ``pytest_cna`` → file; the package's own face is left out."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    }


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, by its full name; a name imported from a package counts as
    the module of that name where there is one."""
    return _imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports_at_run_time(path: Path) -> frozenset[str]:
    """Those of them that are not under ``if TYPE_CHECKING``; those inside functions count."""
    return _imported(_run(ast.parse(path.read_text(encoding="utf-8"))))


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below ``node`` but those that only type checkers see."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _run(child)


def _imported(nodes: Iterable[ast.AST]) -> frozenset[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            known = [name for name in inside if name.removeprefix("pytest_cna.") in modules()]
            found.update(known or [node.module])
    return frozenset(found)


def room(module: str) -> str:
    return module.partition(".")[0]


def graph() -> dict[str, set[str]]:
    """Room → rooms that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, path in modules().items():
        found[room(module)] |= {
            room(name.removeprefix("pytest_cna."))
            for name in imports(path)
            if name.startswith("pytest_cna.")
        } - {room(module)}
    return dict(found)


def allowed(importer: str, imported: str) -> bool:
    """Whether a room may import another."""
    if importer not in ROWS or imported not in ROWS:
        return False
    below = ROWS[: ROWS.index(importer) + 1]
    return imported in below and imported not in NOT.get(importer, frozenset())


def floors() -> list[list[str]]:
    """Rooms by the longest way down. Raises CycleError when imports go in a circle."""
    edges = graph()
    height: dict[str, int] = {}
    for each in TopologicalSorter(edges).static_order():
        height[each] = 1 + max((height[below] for below in edges.get(each, ())), default=-1)
    return [
        sorted(name for name, floor in height.items() if floor == level)
        for level in range(max(height.values()) + 1)
    ]


def circle() -> list[str]:
    """Modules that each import the next, the first one again at the end; empty when none do. A
    package counts as its ``__init__``; imports under ``if TYPE_CHECKING`` count, but for the parts
    of a simulation, which each hold the whole."""
    edges = {
        module: {
            name.removeprefix("pytest_cna.")
            for name in (imports_at_run_time if room(module) == "testing" else imports)(path)
            if name.removeprefix("pytest_cna.") in modules()
        }
        for module, path in modules().items()
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def main() -> None:
    edges = graph()
    for each in ROWS:
        print(f"{each:<12}imports {', '.join(sorted(edges.get(each, ()))) or 'nothing'}")
    upward = [f"{a} → {b}" for a, bs in edges.items() for b in bs if not allowed(a, b)]
    try:
        levels = floors()
    except CycleError as error:
        print(f"circle: {' → '.join(error.args[1])}")
    else:
        for number, level in enumerate(levels):
            print(f"floor {number}: {', '.join(level)}")
    print(f"modules that import each other: {' → '.join(circle()) or 'none'}")
    print(f"{len(edges)} rooms; imports that are not allowed: {', '.join(upward) or 'none'}")


if __name__ == "__main__":
    main()
