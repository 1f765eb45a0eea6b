"""Conversion of JSON to the report's data types."""

from __future__ import annotations

from typing import Any, TypeVar

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

T = TypeVar("T")

_converter = Converter(forbid_extra_keys=True)


def structure(row: Any, noun: type[T]) -> T:  # noqa: ANN401 - whatever json gives
    """``row`` as an instance of the dataclass ``noun``. Raises ValueError saying what does not fit,
    and where."""
    try:
        return _converter.structure(row, noun)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error))) from error
