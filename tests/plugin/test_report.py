"""The report as a run leaves it; no cluster is brought up, for no step asks for one."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

import pytest_cna.report

SCHEMA = Path(pytest_cna.report.__file__).with_name("schema.json")
XSD = Path(__file__).parents[1] / "unit" / "report" / "junit.xsd"
FEATURE = """
@quick
Feature: Doors
  Doors open and close.

  Scenario: A door opens
    Given a door
    When it is opened
    Then it is open

  @known
  Scenario: A door does not open
    Given a door
    When it is stuck
    Then it is open
    And somebody comes in

  Scenario: It cannot be judged
    Given a door
    When it is behind fog
    Then it is open

  Scenario: A door without a step
    Given a door
    When it is painted green
    Then it is open

  Scenario: A door for later
    Given a door
    When it is not to be tried
    Then it is open

  Scenario Outline: A <colour> door
    Given a door
    Then it is <state>

    Examples:
      | colour | state   |
      | red    | open    |
      | blue   | ajar    |
"""
STEPS = """
import pytest
from pytest_bdd import given, when, then, parsers, scenarios
from pytest_cna.core.errors import FleetError

scenarios("doors.feature")

@given("a door", target_fixture="door")
def door(): return {"open": True}

@when("it is opened")
def opened(): pass

@when("it is stuck")
def stuck(door): door["open"] = False

@when("it is behind fog")
def fog(): raise FleetError("fleet answers on no machine")

@when("it is not to be tried")
def later(): pytest.skip("not today")

@then("it is open")
def is_open(door): assert door["open"], "the door is \\x01 <shut>"

@then("somebody comes in")
def comes_in(): pass

@then(parsers.parse("it is ajar"))
def ajar(): pass
"""
EXPECTED = {
    "A door opens": "passed",
    "A door does not open": "failed",
    "It cannot be judged": "broken",
    "A door without a step": "undefined",
    "A door for later": "skipped",
    "A red door [open]": "passed",
    "A blue door [ajar]": "passed",
}


@pytest.fixture
def report(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> dict[str, Any]:
    pytester.makefile(".feature", doors=FEATURE)
    pytester.makepyfile(test_doors=STEPS)
    options = getattr(request, "param", [])
    result = pytester.runpytest_subprocess("--cna-provider=local", "--cna-seed=7", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert not result.stderr.lines or "Traceback" not in result.stderr.str()
    found: dict[str, Any] = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    found["terminal"] = result.stdout.str()
    return found


HOW = pytest.mark.parametrize("report", [[], ["-n2"], ["-p", "no:terminal"]], indirect=True)


@HOW
def test_every_status(report: dict[str, Any]) -> None:
    assert {each["name"]: each["status"] for each in report["scenarios"]} == EXPECTED
    assert report["summary"] == {
        "passed": 3,
        "failed": 1,
        "broken": 1,
        "skipped": 1,
        "undefined": 1,
        "not applicable": 0,
    }


@HOW
def test_it_keeps_to_its_schema(report: dict[str, Any]) -> None:
    report.pop("terminal")
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert report["environment"]["seed"] == 7


def scenario(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in report["scenarios"] if each["name"] == name)
    return found


def test_what_comes_after_a_failed_step_is_skipped(report: dict[str, Any]) -> None:
    failed = scenario(report, "A door does not open")
    assert [step["status"] for step in failed["steps"]] == ["passed", "passed", "failed", "skipped"]
    assert "<shut>" in failed["steps"][2]["message"]
    assert failed["tags"] == ["known", "quick"]
    undefined = scenario(report, "A door without a step")
    assert [step["status"] for step in undefined["steps"]] == ["passed", "undefined", "skipped"]


@HOW
def test_junit(report: dict[str, Any]) -> None:
    xmlschema.XMLSchema(str(XSD)).validate("cna-report/junit.xml")
    root = ElementTree.parse("cna-report/junit.xml").getroot()
    (suite,) = root
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "Doors",
        "tests": "7",
        "failures": "1",
        "errors": "2",
        "skipped": "1",
    }
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "<shut>" in str(failure.text)


@HOW
def test_messages(report: dict[str, Any]) -> None:
    text = Path("cna-report/messages.ndjson").read_text("utf-8")
    envelopes = [json.loads(line) for line in text.split("\n") if line]
    names = [each["pickle"]["name"] for each in envelopes if "pickle" in each]
    assert sorted(names) == sorted(EXPECTED)
    results = Counter(
        each["testStepFinished"]["testStepResult"]["status"]
        for each in envelopes
        if "testStepFinished" in each
    )
    assert results["FAILED"] == 2
    assert results["UNDEFINED"] == 1


@HOW
def test_cucumber(report: dict[str, Any]) -> None:
    (feature,) = json.loads(Path("cna-report/cucumber.json").read_text("utf-8"))
    assert feature["name"] == "Doors"
    assert feature["description"].strip() == "Doors open and close."
    assert sorted(element["name"] for element in feature["elements"]) == sorted(EXPECTED)
    statuses = {
        element["name"]: [step["result"]["status"] for step in element["steps"]]
        for element in feature["elements"]
    }
    assert statuses["It cannot be judged"] == ["passed", "failed", "skipped"]
    assert all(
        isinstance(step["result"]["duration"], int)
        for element in feature["elements"]
        for step in element["steps"]
    )


def test_the_terminal_sums_up(report: dict[str, Any]) -> None:
    terminal = report["terminal"]
    assert "3 passed, 1 failed, 1 broken, 1 skipped, 1 undefined (seed 7)" in terminal
    assert "failed    A door does not open" in terminal
    assert "cna-report" in terminal


def test_tests_that_are_no_scenarios_leave_no_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("--cna-provider=local")
    assert result.ret == pytest.ExitCode.OK
    assert not Path("cna-report").exists()
