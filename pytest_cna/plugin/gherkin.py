"""Conversion of a feature file's scenarios to the report's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.report.scenario import Scenario, Step

if TYPE_CHECKING:
    from pytest_cna.plugin.compat import WrittenScenario, WrittenStep


def begin_scenario(scenario: WrittenScenario, row: dict[str, str], worker: str) -> Scenario:
    """The record of a scenario that begins now. ``row`` is its row of an outline's examples."""
    return Scenario(
        feature=scenario.feature,
        name=_name(scenario.name, row),
        tags=sorted(scenario.tags),
        started=clock.wall(),
        narrative=scenario.narrative,
        description=scenario.description,
        rule=scenario.rule,
        uri=scenario.uri,
        line=scenario.line,
        row=row,
        worker=worker,
        began=clock.monotonic(),
        steps=[_step(step) for step in scenario.steps],
    )


def _name(rendered: str, row: dict[str, str]) -> str:
    """The scenario's name, followed by the row's values that it does not contain."""
    missing = [value for value in row.values() if value not in rendered]
    return f"{rendered} [{', '.join(missing)}]" if missing else rendered


def _step(step: WrittenStep) -> Step:
    return Step(
        keyword=step.keyword,
        text=step.text,
        line=step.line,
        table=[list(cells) for cells in step.table],
        docstring=step.docstring,
    )
