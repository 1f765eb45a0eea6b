"""What a feature file says is in the report: rules, tables, docstrings, rows, times."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_cna.report.history import history

FEATURE = '''
Feature: Doors
  As a house
  I want doors

  Rule: Doors have colours
    There is paint enough.

    Scenario Outline: A door
      It is painted.

      Given these doors:
        | name  | colour   |
        | front | <colour> |
      When it says
        """
        Mind the <colour>
        paint
        """
      Then it is <colour>

      Examples:
        | colour |
        | red    |
        | blue   |
'''
STEPS = """
from pytest_bdd import given, when, then, parsers, scenarios

scenarios("doors.feature")

@given("these doors:", target_fixture="doors")
def doors(datatable): return datatable

@when("it says")
def says(docstring): assert docstring.startswith("Mind")

@then(parsers.parse("it is {colour}"))
def is_so(doors, colour): assert doors[1] == ["front", colour]
"""


def run(pytester: pytest.Pytester, *options: str) -> tuple[str, dict[str, Any]]:
    pytester.makefile(".feature", doors=FEATURE)
    pytester.makepyfile(test_doors=STEPS)
    result = pytester.runpytest_subprocess("--cna-provider=local", *options)
    assert result.ret == pytest.ExitCode.OK
    report: dict[str, Any] = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    return result.stdout.str() + result.stderr.str(), report


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["here", "xdist"])
def test_everything_a_feature_file_says(pytester: pytest.Pytester, options: list[str]) -> None:
    before = time.monotonic()
    _, report = run(pytester, *options)
    scenarios = {each["name"]: each for each in report["scenarios"]}
    assert scenarios.keys() == {"A door [red]", "A door [blue]"}
    red = scenarios["A door [red]"]
    assert red["row"] == {"colour": "red"}
    assert red["rule"] == "Doors have colours"
    assert red["description"].strip() == "It is painted."
    assert red["worker"] in ({"gw0", "gw1"} if options else {""})
    given, when, then = red["steps"]
    assert given["table"] == [["name", "colour"], ["front", "red"]]
    assert when["docstring"] == "Mind the red\npaint"
    assert (given["line"], when["line"], then["text"]) == (11, 14, "it is red")
    assert before < red["began"] <= given["began"] <= when["began"] <= then["began"]
    assert then["began"] + then["duration"] <= red["ended"] < time.monotonic()
    environment = report["environment"]
    assert before < environment["began"] <= red["began"]
    assert red["started"] - environment["started"] == pytest.approx(
        red["began"] - environment["began"], abs=0.1
    )


@pytest.mark.parametrize("options", [[], ["-n2"], ["-p", "no:terminal"]], ids=str)
def test_every_file_is_there_at_the_end(pytester: pytest.Pytester, options: list[str]) -> None:
    run(pytester, *options)
    files = {path.name for path in Path("cna-report").iterdir() if path.is_file()}
    assert files == {
        "cucumber.json",
        "junit.xml",
        "messages.ndjson",
        "metrics.txt",
        "report.html",
        "report.json",
        "summary.md",
    }


def test_runs_are_remembered(pytester: pytest.Pytester) -> None:
    for _ in range(2):
        run(pytester, "--cna-history=history")
    runs = history(Path("history"))
    assert [each.summary["passed"] for each in runs] == [2, 2]
    assert runs[0].session != runs[1].session


def test_a_history_that_cannot_be_is_reported_at_once(pytester: pytest.Pytester) -> None:
    Path("file").touch()
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("--cna-provider=local", "--cna-history=file/history")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --cna-history=*: */file is no directory to write to"])


def test_scenarios_are_reported_as_they_come(pytester: pytest.Pytester) -> None:
    printed, _ = run(pytester)
    lines = [line for line in printed.splitlines() if line.startswith("test_doors.py cna")]
    assert not lines, "a line of ours begins on a line of its own"
    assert [line.partition(" s  ")[2] for line in printed.splitlines() if line[:4] == "cna "] == [
        "A door [red]",
        "A door [blue]",
    ]


def test_quiet_is_quiet(pytester: pytest.Pytester) -> None:
    printed, _ = run(pytester, "-q")
    assert not [line for line in printed.splitlines() if line.startswith("cna ")]
    assert "2 passed" in printed
