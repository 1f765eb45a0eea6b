"""Conversion of the report's data types to JSON data, and back."""

from __future__ import annotations

from typing import Any, TypeVar

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from pytest_cna.report.status import Status, status_named

T = TypeVar("T")

_converter = Converter(forbid_extra_keys=True)
_converter.register_structure_hook(Status, lambda name, _: status_named(name))
_converter.register_unstructure_hook(Status, lambda status: status.name)


def structure(row: Any, noun: type[T]) -> T:  # noqa: ANN401 - whatever json gives
    """``row`` as an instance of the dataclass ``noun``. Raises ValueError saying what does not fit,
    and where."""
    try:
        return _converter.structure(row, noun)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error))) from error


def plain(noun: Any) -> Any:  # noqa: ANN401 - whatever json takes
    """An instance of a dataclass, or a collection of them, as JSON data."""
    return _converter.unstructure(noun)
