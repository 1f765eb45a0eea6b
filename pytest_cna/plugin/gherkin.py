"""What pytest-bdd read of a feature file, in the report's nouns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.report.report import Scenario, Step

if TYPE_CHECKING:
    import pytest
    from pytest_bdd.parser import Scenario as GherkinScenario
    from pytest_bdd.parser import Step as GherkinStep

EXAMPLE = "_pytest_bdd_example"
"""pytest-bdd's name for the parameter that holds the row of an outline."""


def row_of(item: pytest.Item) -> dict[str, str]:
    """Column → value of the row ``item`` runs, empty when it is of no outline."""
    callspec = getattr(item, "callspec", None)
    row: dict[str, str] = callspec.params.get(EXAMPLE, {}) if callspec else {}
    return {str(column): str(value) for column, value in row.items()}


def scenario_of(
    scenario: GherkinScenario, row: dict[str, str], tags: set[str], worker: str
) -> Scenario:
    """The record of a scenario that begins now. ``tags`` are those of the row's examples."""
    feature, rule = scenario.feature, scenario.rule
    return Scenario(
        feature=feature.name or feature.rel_filename,
        name=_name(scenario.name, row),
        tags=sorted(feature.tags.union(scenario.tags, getattr(rule, "tags", ()), tags)),
        started=clock.wall(),
        narrative=feature.description or "",
        description=scenario.description or "",
        rule=getattr(rule, "name", ""),
        uri=feature.rel_filename,
        line=scenario.line_number,
        row=row,
        worker=worker,
        began=clock.monotonic(),
        steps=[_step(step) for step in scenario.steps],
    )


def _name(rendered: str, row: dict[str, str]) -> str:
    """With the values that it does not show by itself."""
    missing = [value for value in row.values() if value not in rendered]
    return f"{rendered} [{', '.join(missing)}]" if missing else rendered


def _step(step: GherkinStep) -> Step:
    rows = step.datatable.raw() if step.datatable else []
    return Step(
        keyword=step.keyword,
        text=step.name,
        line=step.line_number,
        table=[[str(cell) for cell in cells] for cells in rows],
        docstring=step.docstring,
    )
