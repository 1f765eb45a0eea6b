"""The rows of a Scenario Outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

EXAMPLE = "_pytest_bdd_example"
"""pytest-bdd's name for the parameter that holds the row."""


def row_of(item: pytest.Item) -> dict[str, str]:
    """Column → value of the row ``item`` runs, empty when it is of no outline."""
    callspec = getattr(item, "callspec", None)
    row: dict[str, str] = callspec.params.get(EXAMPLE, {}) if callspec else {}
    return row


def name_of(rendered: str, row: dict[str, str]) -> str:
    """The scenario's name with the values that it does not show by itself."""
    missing = [value for value in row.values() if value not in rendered]
    return f"{rendered} [{', '.join(missing)}]" if missing else rendered
