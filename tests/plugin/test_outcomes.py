"""Where a scenario can end other than in a step's assertion; the report tells what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import pytest_cna.report

SCHEMA = json.loads(Path(pytest_cna.report.__file__).with_name("schema.json").read_text("utf-8"))
FEATURE = """
@all
Feature: Endings
  Background:
    Given a start

  @skip
  Scenario: Not run
    Then it holds

  @xfail
  Scenario: Known to fail
    Then it does not hold

  @needs_power
  Scenario: Set-up asserts
    Then it holds

  Scenario: A step's fixture asserts
    Then it holds with power

  @leaves_power_on
  Scenario: Clearing up fails
    Then it holds

  Scenario: Wordless
    Then it stumbles

  Scenario: Skipped within
    When it is not needed
    Then it holds

  Scenario: Faults and customers
    Given a scene
    Then it holds

  Scenario: Twice the same step
    Then it holds
    And it holds
    And it does not hold

  @strict
  Scenario: Known to fail, and holds
    Then it holds

  @ruled-out
  Rule: Rules have tags
    @inner
    Scenario Outline: Rows
      Then it holds

      @morning
      Examples:
        | when | who |
        | 6:00 | a   |
      Examples:
        | when  | who |
        | 18:00 | b   |
"""
STEPS = """
import pytest
from pathlib import Path
from pytest_bdd import given, when, then, scenarios
from pytest_cna.report.records import FaultRecord, Stage, TrafficRecord
from pytest_cna.plugin.recorder import scenario_record

scenarios("endings.feature")

@pytest.fixture
def power(): assert False, "no power"

@pytest.fixture
def left_on():
    yield
    assert False, "left on"

@pytest.fixture
def scene(request):
    yield
    stages = (Stage("noticed", 0.5, 1.0), Stage("running", None, 4.0))
    record = scenario_record(request.node)
    record.add_fault(FaultRecord(
        "container kill", "web.1", "core-1", "web server", "web@1.service", 1.0, 4.0, "start", None,
        stages))
    record.set_traffic(TrafficRecord(10, 2, 0.4, 0.1, 0.2, 0.3, {"web.1": 8}, {"HTTP 503": 2}))

@given("a start")
def start(): pass

@given("a scene")
def has_scene(scene): pass

@when("it is not needed")
def not_needed(): pytest.skip("not today")

@then("it holds")
def holds(): pass

@then("it holds with power")
def holds_with(power): pass

@then("it does not hold")
def does_not(): assert 1 == 2, "two is not one"

@then("it stumbles")
def stumbles(): raise KeyError("\\udcff")
"""
CONFTEST = """
import pytest

def pytest_bdd_apply_tag(tag, function):
    marks = {
        "needs_power": pytest.mark.usefixtures("power"),
        "leaves_power_on": pytest.mark.usefixtures("left_on"),
        "strict": pytest.mark.xfail(strict=True),
    }
    return marks[tag](function) and True if tag in marks else None
"""
ENDINGS = {
    "Not run": ("skipped", "unconditional skip", ["skipped", "skipped"]),
    "Known to fail": ("skipped", "expected to fail", ["passed", "skipped"]),
    "Set-up asserts": ("broken", "no power", ["skipped", "skipped"]),
    "A step's fixture asserts": ("broken", "no power", ["passed", "broken"]),
    "Clearing up fails": ("broken", "left on", ["passed", "passed"]),
    "Wordless": ("broken", "KeyError: '\\udcff'", ["passed", "broken"]),
    "Skipped within": ("skipped", "not today", ["passed", "skipped", "skipped"]),
    "Faults and customers": ("passed", "", ["passed", "passed", "passed"]),
    "Twice the same step": ("failed", "two is not one", ["passed", "passed", "passed", "failed"]),
    "Known to fail, and holds": ("failed", "XPASS(strict)", ["passed", "passed"]),
    "Rows [6:00, a]": ("passed", "", ["passed", "passed"]),
    "Rows [18:00, b]": ("passed", "", ["passed", "passed"]),
}


def run(pytester: pytest.Pytester, *options: str) -> dict[str, Any]:
    pytester.makefile(".feature", endings=FEATURE)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_endings=STEPS)
    result = pytester.runpytest_subprocess("--cna-provider=local", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    report = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    jsonschema.validate(report, SCHEMA)
    return {each["name"]: each for each in report["scenarios"]}


@pytest.mark.parametrize("options", [[], ["-n2"]], ids=["here", "xdist"])
def test_every_ending(pytester: pytest.Pytester, options: list[str]) -> None:
    scenarios = run(pytester, *options)
    assert scenarios.keys() == ENDINGS.keys()
    for name, (status, message, steps) in ENDINGS.items():
        found = scenarios[name]
        assert found["status"] == status, name
        assert message in found["message"], name
        assert [step["status"] for step in found["steps"]] == steps, name
    with_scene = scenarios["Faults and customers"]
    (fault,) = with_scene["faults"]
    assert (fault["subject"], fault["injected_at"], fault["recovered_after"]) == ("web.1", 1, None)
    assert fault["stages"][1] == {
        "name": "running",
        "after": None,
        "bound": 4.0,
        "terms": [],
        "allowed": None,
        "outcome": "not awaited",
        "sentence": "",
        "evidence": [],
    }
    assert with_scene["traffic"]["errors"] == {"HTTP 503": 2}
    assert scenarios["Rows [6:00, a]"]["tags"] == ["all", "inner", "morning", "ruled-out"]
    assert scenarios["Rows [18:00, b]"]["tags"] == ["all", "inner", "ruled-out"]


def test_viewers_of_cucumber_see_what_failed_outside_the_steps(pytester: pytest.Pytester) -> None:
    run(pytester)
    (feature,) = json.loads(Path("cna-report/cucumber.json").read_text("utf-8"))
    elements = {element["name"]: element for element in feature["elements"]}
    (before,) = elements["Set-up asserts"]["before"]
    assert before["result"]["status"] == "failed"
    assert "no power" in before["result"]["error_message"]
    assert elements["Clearing up fails"]["after"][0]["result"]["status"] == "failed"
    assert not {"before", "after"} & elements["Twice the same step"].keys()
