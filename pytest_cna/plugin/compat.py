"""All private interfaces of pytest, pytest-bdd and pytest-xdist that this plugin uses.

Each function names what is private and since which version it has this form. ``TRIED`` lists the
versions that all of this was tested with; a test reports when others are installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest
    from pytest_bdd.parser import Scenario, Step

    GherkinScenario = Scenario
    """The class of the scenarios that pytest-bdd passes to its hooks; ``written`` reads it."""
    GherkinStep = Step

TRIED = {"pytest": ("9.2",), "pytest-bdd": ("9.0",), "pytest-xdist": ("3.8",)}
"""Package → the minor versions whose private interfaces were tested."""


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A step of a feature file, with an outline's values filled in."""

    keyword: str
    text: str
    line: int
    table: tuple[tuple[str, ...], ...]
    docstring: str | None


@dataclass(frozen=True, slots=True)
class WrittenScenario:
    """A scenario of a feature file, with an outline's values filled in; ``tags`` include those of
    its feature, its rule and its row of examples."""

    feature: str
    uri: str
    narrative: str
    rule: str
    name: str
    description: str
    line: int
    tags: frozenset[str]
    steps: tuple[WrittenStep, ...]


def row_of(item: pytest.Item) -> dict[str, str]:
    """Column → value of the outline's row that ``item`` runs; empty without an outline.

    Private: pytest's ``callspec`` of a parametrized function (since 2.x), and the name of
    pytest-bdd's parameter for a row (since 6.0).
    """
    callspec = getattr(item, "callspec", None)
    row: dict[str, str] = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
    return {str(column): str(value) for column, value in row.items()}


def scenario_of(item: pytest.Item) -> WrittenScenario | None:
    """The scenario that ``item`` will run, available before its fixtures are set up.

    None when it runs none, or when another function wraps its function. Private: pytest-bdd's
    registry of test functions and the classes of its parser (registry since 9.0, before it was an
    attribute of the function; tags of examples since 7.3).
    """
    # every run of pytest imports this module, pytest-bdd only where it is in use
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    function: Any = getattr(item, "function", None)
    try:
        template = scenario_wrapper_template_registry.get(function)
    except TypeError:  # pytest-bdd's functions can be weakly referenced
        return None
    if template is None:
        return None
    row = row_of(item)
    tagged = (each.tags for each in template.examples if row in each.as_contexts())
    return written(template.render(row), *tagged)


def written(scenario: GherkinScenario, *tags: Iterable[str]) -> WrittenScenario:
    """Convert pytest-bdd's scenario to this module's type; ``tags`` are added to the scenario's
    own.

    Private: the attributes of pytest-bdd's parser's classes (tables, docstrings, rules: since 8.0;
    ``raw`` of a table: since 8.1).
    """
    feature, rule = scenario.feature, scenario.rule
    return WrittenScenario(
        feature=feature.name or feature.rel_filename,
        uri=feature.rel_filename,
        narrative=feature.description or "",
        rule=rule.name if rule else "",
        name=scenario.name,
        description=scenario.description or "",
        line=scenario.line_number,
        tags=frozenset(feature.tags).union(scenario.tags, rule.tags if rule else (), *tags),
        steps=tuple(_written_step(step) for step in scenario.steps),
    )


def _written_step(step: GherkinStep) -> WrittenStep:
    rows = step.datatable.raw() if step.datatable else ()
    return WrittenStep(
        keyword=step.keyword,
        text=step.name,
        line=step.line_number,
        table=tuple(tuple(str(cell) for cell in cells) for cells in rows),
        docstring=step.docstring,
    )


def step_number(scenario: GherkinScenario, step: GherkinStep) -> int:
    """The index of ``step`` among the steps of ``scenario``, including its background's, from 0.

    Private: pytest-bdd's hooks pass the same object that ``scenario.steps`` holds (since 6.0).
    """
    return next(number for number, each in enumerate(scenario.steps) if each is step)


def take_over_line(reporter: pytest.TerminalReporter) -> bool:
    """Whether pytest has begun a line on the terminal and not ended it; the caller then has to end
    it.

    pytest begins a new line for its next output. Private: the reporter's record of the file whose
    line it writes (a ``Path`` since 7.0).
    """
    begun = bool(reporter.currentfspath)
    reporter.currentfspath = None
    return begun


def skip_of(message: str) -> BaseException:
    """What ``pytest.skip`` raises, for a test that another function skips: the summary shows the
    test's place in its file instead of that function's.

    Private: the argument for that (since 7.0).
    """
    import pytest

    return pytest.skip.Exception(message, _use_item_location=True)


def worker_of(config: pytest.Config) -> str:
    """The name of the pytest-xdist worker that this process is; empty for any other process.

    Not of pytest: the attribute that pytest-xdist gives a worker's ``config`` (since 1.x).
    """
    return str(getattr(config, "workerinput", {}).get("workerid", ""))
