"""Strict conversion of a parsed TOML table to a dataclass; errors name the place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from pytest_cna.deployment.toml_problems import WrongValue, first_problem
from pytest_cna.deployment.toml_types import NotEmpty, OrNumber, Pattern, Range

if TYPE_CHECKING:
    Hook = Callable[[Any, Any], Any]

T = TypeVar("T")


def structure(table: Mapping[str, Any], noun: type[T], directory: Path) -> T:
    """``table`` as a ``noun``; paths are relative to ``directory``.

    Raises ValueError with the place, what is wrong there and what to write.
    """
    try:
        return _converter(directory).structure(table, noun)
    except BaseValidationError as error:
        raise ValueError(first_problem(error, table)) from error


def _converter(directory: Path) -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _exactly)
    converter.register_structure_hook(Path, partial(_path, directory))
    for origin, hook in HOOKS.items():
        converter.register_structure_hook_func(_comes_from(origin), partial(hook, converter))
    converter.register_structure_hook_factory(is_dataclass, partial(_table, converter))
    return converter


def _comes_from(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _exactly(value: Any, kind: Any) -> Any:  # noqa: ANN401
    # type() and not isinstance(): a bool is not a number here
    if type(value) is not kind or (kind is str and "\0" in value):
        raise WrongValue(kind, value)
    return value


def _path(directory: Path, value: Any, kind: Any) -> Path:  # noqa: ANN401
    if type(value) is not str or not value or "\0" in value:
        raise WrongValue(kind, value)
    return (directory / value).resolve()


def _marked(converter: Converter, value: Any, kind: Any) -> Any:  # noqa: ANN401
    plain, *marks = get_args(kind)
    if type(value) is int and any(isinstance(mark, OrNumber) for mark in marks):
        value = str(value)
    if type(value) is not plain or not all(_fits(mark, value) for mark in marks):
        raise WrongValue(kind, value)
    return converter.structure(value, plain)


def _fits(mark: object, value: Any) -> bool:  # noqa: ANN401
    match mark:
        case NotEmpty():
            return bool(value)
        case Pattern():
            return re.fullmatch(mark.regex, value) is not None
        case Range():
            return mark.least <= value and (mark.most is None or value <= mark.most)
        case _:
            return True


def _list(converter: Converter, value: Any, kind: Any) -> Any:  # noqa: ANN401
    element = get_args(kind)[0]
    tables = is_dataclass(element) or get_origin(element) is Mapping
    if type(value) is not list or (tables and not all(type(each) is dict for each in value)):
        raise WrongValue(kind, value)
    return tuple(converter.structure(value, list[element]))  # type: ignore[valid-type]


def _mapping(converter: Converter, value: Any, kind: Any) -> Any:  # noqa: ANN401
    if type(value) is not dict:
        raise WrongValue(kind, value)
    annotation: Any = dict[get_args(kind)]  # type: ignore[misc]
    return converter.structure(value, annotation)


def _choice(_: Converter, value: Any, kind: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, str) or value not in get_args(kind):
        raise WrongValue(kind, value)
    return value


HOOKS: dict[object, Callable[[Converter, Any, Any], Any]] = {
    Annotated: _marked,
    tuple: _list,
    Mapping: _mapping,
    Literal: _choice,
}


def _table(converter: Converter, kind: Any) -> Hook:  # noqa: ANN401
    def as_annotated(annotation: Any) -> Hook:  # noqa: ANN401
        return lambda value, _: converter.structure(value, annotation)

    # without this, cattrs drops the extras of Annotated when annotations are strings
    annotations = get_type_hints(kind, include_extras=True)
    hooks: dict[str, Any] = {
        name: override(struct_hook=as_annotated(each)) for name, each in annotations.items()
    }
    inner = make_dict_structure_fn(kind, converter, **hooks)
    needed = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}

    def hook(value: Any, _: Any) -> Any:  # noqa: ANN401
        if type(value) is not dict:
            raise WrongValue(kind, value)
        # a list that has to be there and is empty is missing
        filled = {key: each for key, each in value.items() if key not in needed or each != []}
        return inner(filled, kind)

    return hook
