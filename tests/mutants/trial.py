"""One mutant, tried: put in the judge's place in a copy of this process, until a test is red."""

from __future__ import annotations

import gc
import sys
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from covered import run
from forked import BROKEN, end_after, forked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest
    from mutation import Mutant

PATIENCE = 10.0
"""Seconds that a test may take more than it does, before it counts as red."""
CONSTANTS = (bool, int, float, str, tuple, frozenset)


def killed(mutant: Mutant, tests: Sequence[tuple[pytest.Item, float]]) -> bool:
    """Whether one of ``tests`` (each with the seconds that it takes) is red with that mutant, or
    does not end. Raises RuntimeError when the mutant cannot take the judge's place."""
    code = mutant.code()
    functions = functions_of(str(mutant.path))

    def work() -> int:
        put(mutant, code, functions)
        for test, seconds in tests:
            end_after(PATIENCE + 10 * seconds)
            if not run(test):
                return 1
        return 0

    status = forked(work)
    if status == BROKEN:
        raise RuntimeError(f"cannot be put in the judge's place: {mutant}")
    return status != 0


def put(mutant: Mutant, code: CodeType, functions: Sequence[FunctionType]) -> None:
    """Make the imported module the mutant: its functions stay the same objects and get other code
    and other defaults, its constants are replaced wherever they were imported."""
    file = str(mutant.path)
    module = next(each for each in list(sys.modules.values()) if vars(each).get("__file__") == file)
    made = ModuleType(module.__name__)
    exec(code, vars(made))
    codes = {(each.co_qualname, each.co_firstlineno): each for each in _codes(code)}
    for function in functions:
        key = function.__code__.co_qualname, function.__code__.co_firstlineno
        if key in codes:
            function.__code__ = codes[key]
    for name, new in vars(made).items():
        old = vars(module).get(name)
        if isinstance(new, CONSTANTS) and new != old:
            _replace(name, old, new)
        _give_defaults(old, new)


@cache
def functions_of(file: str) -> list[FunctionType]:
    """Every function that was made of the text of a file, wherever it is kept now."""
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, FunctionType) and each.__code__.co_filename == file
    ]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _replace(name: str, old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        if vars(module).get(name) is old:
            setattr(module, name, new)


def _give_defaults(old: object, new: object) -> None:
    """Give a function, or each function of a class, the defaults of the new one."""
    if isinstance(old, type) and isinstance(new, type) and old.__module__ == new.__module__:
        for name, function in vars(new).items():
            _give_defaults(vars(old).get(name), function)
    elif isinstance(old, FunctionType) and isinstance(new, FunctionType):
        if old.__defaults__ and new.__defaults__:
            old.__defaults__ = tuple(map(_simple, old.__defaults__, new.__defaults__))
        if old.__kwdefaults__ and new.__kwdefaults__:
            given = new.__kwdefaults__
            old.__kwdefaults__ = {n: _simple(v, given[n]) for n, v in old.__kwdefaults__.items()}


def _simple(old: object, new: object) -> object:
    """The new value, where it is not of a class that was made again."""
    return new if isinstance(new, CONSTANTS) else old
