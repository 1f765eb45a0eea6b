"""A run that ends early: what is on disk by then, and that it tells of the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

import pytest_cna.report
from pytest_cna.cli import cna

SCHEMA = json.loads(Path(pytest_cna.report.__file__).with_name("schema.json").read_text("utf-8"))
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
@then("it is fine")
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


def run(
    pytester: pytest.Pytester, end: str, *options: str
) -> tuple[pytest.RunResult, list[dict[str, Any]]]:
    pytester.makefile(".feature", long=FEATURE)
    pytester.makepyfile(test_long=STEPS.replace("END", end))
    result = pytester.runpytest_subprocess("--cna-provider=local", *options)
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


def recover() -> list[dict[str, Any]]:
    """What ``cna report`` makes of what is there."""
    status = CliRunner().invoke(cna, ["report", "cna-report"])
    assert status.exit_code == 0, status.output
    found = json.loads(Path("cna-report/report.json").read_text("utf-8"))
    jsonschema.validate(found, SCHEMA)
    assert Path("cna-report/messages.ndjson").exists()
    return list(found["scenarios"])


def test_a_run_that_is_killed_leaves_what_had_ended(pytester: pytest.Pytester) -> None:
    _, scenarios = run(pytester, "os.kill(os.getpid(), 9)")
    assert [each["name"] for each in scenarios] == ["The first"]


def test_a_run_that_is_killed_has_its_report_up_to_then(pytester: pytest.Pytester) -> None:
    run(pytester, "os.kill(os.getpid(), 9)")
    first, second = recover()
    assert (first["name"], first["status"]) == ("The first", "passed")
    assert (second["name"], second["status"]) == ("The second", "broken")
    assert second["message"] == "the run was killed in this scenario"
    assert second["ended"] is None
    steps = [(step["status"], step["message"]) for step in second["steps"]]
    assert steps == [
        ("passed", ""),
        ("broken", "the run was killed in this step"),
        ("skipped", ""),
    ]


def test_a_report_of_a_run_that_was_not_killed_is_written_again(
    pytester: pytest.Pytester,
) -> None:
    _, before = run(pytester, "pass")
    Path("cna-report/junit.xml").unlink()
    assert not Path("cna-report/scenarios.jsonl").exists()
    assert recover() == before
    assert Path("cna-report/junit.xml").exists()


def test_a_killed_run_is_not_taken_for_the_next_one(pytester: pytest.Pytester) -> None:
    run(pytester, "os.kill(os.getpid(), 9)")
    _, scenarios = run(pytester, "pass")
    assert [each["status"] for each in scenarios] == ["passed"] * 3
    assert recover() == scenarios


def test_to_look_at_what_there_is_to_run_does_not_take_its_place(
    pytester: pytest.Pytester,
) -> None:
    run(pytester, "os.kill(os.getpid(), 9)")
    pytester.runpytest_subprocess("--cna-provider=local", "--collect-only")
    assert [each["status"] for each in recover()] == ["passed", "broken"]


def test_the_scenario_of_a_worker_that_died_is_broken(pytester: pytest.Pytester) -> None:
    _, scenarios = run(pytester, "os.kill(os.getpid(), 9)", "-n1")
    statuses = {each["name"]: each["status"] for each in scenarios}
    assert statuses == {"The first": "passed", "The second": "broken", "The third": "passed"}
    assert not list(Path("cna-report").glob("**/scenarios.jsonl"))


def test_a_run_under_xdist_that_is_killed_has_its_report(pytester: pytest.Pytester) -> None:
    run(pytester, "os.kill(os.getppid(), 9); os.kill(os.getpid(), 9)", "-n1")
    assert [(each["name"], each["status"], each["worker"]) for each in recover()] == [
        ("The first", "passed", "gw0"),
        ("The second", "broken", "gw0"),
    ]


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
    result.stdout.fnmatch_lines(["*passed    Auf", "report: *cna-report/report.html"])
