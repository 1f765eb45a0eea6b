"""A run that ends early: what is on disk by then, and that it tells of the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FEATURE = """
Feature: A long run
  Scenario: The first
    Given it is fine

  Scenario: The second
    Given the first is on disk
    When the run ends
    Then it is fine

  Scenario: The third
    Given it is fine
"""
STEPS = """
import json, os
from pathlib import Path
import pytest
from pytest_bdd import given, when, then, scenarios

scenarios("long.feature")

@given("it is fine")
def fine(): pass

@given("the first is on disk")
def on_disk():
    found = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    assert [each["name"] for each in found["scenarios"]] == ["The first"]

@pytest.fixture
def scene(request):
    yield
    request.config.pluginmanager.get_plugin("cna-recorder").current.message += "; cleared up"

@when("the run ends")
def ends(scene): END
"""


def run(pytester: pytest.Pytester, end: str) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
    pytester.makefile(".feature", long=FEATURE)
    pytester.makepyfile(test_long=STEPS.replace("END", end))
    result = pytester.runpytest_subprocess("--cna-provider=local")
    found = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    return result, found["scenarios"]


@pytest.mark.parametrize(
    ("end", "returns", "says"),
    [
        ("raise KeyboardInterrupt", 2, "the run was ended: KeyboardInterrupt"),
        ("pytest.exit('no machine', returncode=4)", 4, "the run was ended: no machine"),
    ],
    ids=["Ctrl-C", "exit"],
)
def test_the_scenario_that_was_running(
    pytester: pytest.Pytester, end: str, returns: int, says: str
) -> None:
    result, scenarios = run(pytester, end)
    assert result.ret == returns
    assert [each["status"] for each in scenarios] == ["passed", "broken"]
    assert scenarios[1]["message"] == f"{says}; cleared up"
    assert [step["status"] for step in scenarios[1]["steps"]] == ["passed", "broken", "skipped"]
    result.stdout.fnmatch_lines(["*broken    The second", "1 passed, 1 broken (seed *"])


def test_a_run_that_is_killed_leaves_what_had_ended(pytester: pytest.Pytester) -> None:
    _, scenarios = run(pytester, "os.kill(os.getpid(), 9)")
    assert [each["name"] for each in scenarios] == ["The first"]


def test_an_ascii_terminal_shows_any_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("PYTHONUTF8", "0")
    pytester.makefile(".feature", door="Feature: T\u00fcren\n  Scenario: Auf\n    Given T\u00fcr\n")
    pytester.makepyfile(
        test_door="from pytest_bdd import given, scenarios\n"
        "scenarios('door.feature')\n"
        "@given('T\\u00fcr')\n"
        "def door(): pass\n"
    )
    result = pytester.runpytest_subprocess("--cna-provider=local", "-q")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*passed    Auf", "report: *cna-report"])
