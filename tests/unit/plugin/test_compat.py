"""The private interfaces of pytest, pytest-bdd and pytest-xdist still are what compat makes of
them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from pytest_cna.plugin import compat
from pytest_cna.plugin.compat import WrittenScenario, WrittenStep

if TYPE_CHECKING:
    from pytest_cna.plugin.compat import GherkinScenario, GherkinStep

FEATURE = """
@house
Feature: Doors
  As a house
  I want doors

  @paint
  Rule: Doors have colours

    Background:
      Given a wall

    @outline
    Scenario Outline: A <colour> door
      It is painted.

      When it is painted:
        | name  | colour   |
        | front | <colour> |
      Then it says
        \"\"\"
        Mind the paint
        \"\"\"

      @warm
      Examples:
        | colour |
        | red    |

      @cold
      Examples:
        | colour |
        | blue   |
"""
STEPS = """
from pytest_bdd import given, scenarios, then, when

scenarios("doors.feature")

@given("a wall")
def a_wall(): pass

@when("it is painted:")
def painted(datatable): pass

@then("it says")
def says(docstring): pass

def test_plain(): pass
"""


@dataclass
class Probe:
    """A plugin that asks compat at each hook."""

    known: list[WrittenScenario | None] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    begun: list[WrittenScenario] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)

    def pytest_configure(self, config: pytest.Config) -> None:
        self.workers.append(compat.worker_of(config))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.known.append(compat.scenario_of(item))
        self.rows.append(compat.row_of(item))

    def pytest_bdd_before_scenario(self, scenario: GherkinScenario) -> None:
        self.begun.append(compat.written(scenario))

    def pytest_bdd_before_step(self, scenario: GherkinScenario, step: GherkinStep) -> None:
        self.steps.append(compat.step_number(scenario, step))


@pytest.fixture
def probe(pytester: pytest.Pytester) -> Probe:
    pytester.makeini("[pytest]\nmarkers =\n house\n paint\n outline\n warm\n cold\n")
    pytester.makefile(".feature", doors=FEATURE)
    pytester.makepyfile(test_doors=STEPS)
    probe = Probe()
    result = pytester.inline_run("-p", "no:cacheprovider", plugins=[probe])
    result.assertoutcome(passed=3)
    return probe


@pytest.mark.parametrize("package", compat.TRIED)
def test_the_versions_installed_here_were_tried(package: str) -> None:
    installed = version(package)
    tried = compat.TRIED[package]
    if not installed.startswith(tuple(f"{each}." for each in tried)):
        pytest.xfail(f"not tried with {package} {installed}, only with {', '.join(tried)}")


def test_a_scenario_is_known_before_it_begins(probe: Probe) -> None:
    red, blue, plain = probe.known
    assert red is not None
    assert red.uri.endswith("doors.feature")
    assert red == WrittenScenario(
        feature="Doors",
        uri=red.uri,
        narrative="As a house\nI want doors",
        rule="Doors have colours",
        name="A red door",
        description="It is painted.",
        line=13,
        tags=frozenset({"house", "paint", "outline", "warm"}),
        steps=(
            WrittenStep("Given", "a wall", 10, (), None),
            WrittenStep("When", "it is painted:", 16, (("name", "colour"), ("front", "red")), None),
            WrittenStep("Then", "it says", 19, (), "Mind the paint"),
        ),
    )
    assert blue is not None
    assert blue.tags == {"house", "paint", "outline", "cold"}
    assert plain is None


def test_a_row_is_known_by_its_columns(probe: Probe) -> None:
    assert probe.rows == [{"colour": "red"}, {"colour": "blue"}, {}]


def test_a_scenario_that_begins_has_all_tags_but_its_row_s(probe: Probe) -> None:
    assert [each.name for each in probe.begun] == ["A red door", "A blue door"]
    assert {each.tags for each in probe.begun} == {frozenset({"house", "paint", "outline"})}


def test_steps_are_counted_with_the_background_s(probe: Probe) -> None:
    assert probe.steps == [0, 1, 2] * 2


def test_a_run_that_is_no_worker_has_no_worker_s_name(probe: Probe) -> None:
    assert probe.workers == [""]


def test_a_worker_has_its_name(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        from pytest_cna.plugin.compat import worker_of

        def pytest_runtest_setup(item):
            item.user_properties.append(("worker", worker_of(item.config)))
    """)
    pytester.makepyfile("def test_one(): pass")
    result = pytester.inline_run("-n1", "-p", "no:cacheprovider")
    report = result.matchreport("test_one", when="call")
    assert isinstance(report, pytest.TestReport)
    assert report.user_properties == [("worker", "gw0")]


def test_a_line_that_pytest_has_begun_is_begun_again(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfigure()
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    assert not compat.take_over_line(reporter)
    reporter.write_fspath_result(f"{pytester.path}/test_doors.py::test_plain", ".")
    assert compat.take_over_line(reporter)
    assert not compat.take_over_line(reporter)
