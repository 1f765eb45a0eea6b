"""The final judgement in a run of pytest, with a scene that says what it was told to say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from reports import RUN

from pytest_cna.core.redaction import Redactor
from pytest_cna.core.timeline import Timeline
from pytest_cna.plugin import conclusion
from pytest_cna.plugin.recorder import Recorder
from pytest_cna.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.report.scenario import Scenario

FEATURE = """
Feature: Ends
  Scenario: Holds to the end
    Given a scene
    Then it holds

  Scenario: Failed afterwards
    Given a scene that fails afterwards
    Then it holds

  Scenario: Unknown afterwards
    Given a scene that nobody could look at
    Then it holds

  Scenario: Failed in a step
    Given a scene that fails afterwards
    Then it does not hold

  Scenario: Failed in a step, and the end cannot be judged
    Given a scene that cannot conclude
    Then it does not hold

  Scenario: Broken in a step
    Given a scene that fails afterwards
    Then it stumbles

  Scenario: Not applicable
    Given a scene that fails afterwards
    Then it needs power

  Scenario: The product fails before it begins
    Given a product that fails
    Then it holds

  Scenario: The product fails in a preparation
    Given a product that fails while it is prepared
    Then it holds
"""
STEPS = """
import pytest
from pytest_bdd import given, scenarios, then
from pytest_cna.core.errors import CapabilityMissing, CnaError, ProductFailed
from pytest_cna.plugin.fixtures import SCENE

scenarios("ends.feature")

class Conclusion:
    def __init__(self, scene): self.scene = scene
    def enforce(self):
        self.scene.asked.append("enforce")
        if self.scene.error: raise self.scene.error

class Scene:
    def __init__(self, error=None, stuck=None):
        self.error, self.stuck, self.asked = error, stuck, []
        self.conclusion = Conclusion(self)
    def conclude(self, *, wait=True):
        self.asked.append(f"conclude, wait={wait}")
        if self.stuck: raise self.stuck
        return []

def stashed(request, **how):
    scene = Scene(**how)
    request.node.stash[SCENE] = scene
    yield scene
    print(f"asked of {request.node.name}: {', '.join(scene.asked)}")

@pytest.fixture
def calm(request): yield from stashed(request)

@pytest.fixture
def failing(request):
    yield from stashed(request, error=ProductFailed("it was announced too late\\n  12.0 s"))

@pytest.fixture
def unseen(request): yield from stashed(request, error=CnaError("etcd did not answer"))

@pytest.fixture
def stuck(request): yield from stashed(request, stuck=RuntimeError("no disk"))

@pytest.fixture
def unsteady(): raise ProductFailed("it does not become steady")

@given("a scene")
def a_scene(calm): pass

@given("a scene that fails afterwards")
def fails_afterwards(failing): pass

@given("a scene that nobody could look at")
def unlooked(unseen): pass

@given("a scene that cannot conclude")
def cannot_conclude(stuck): pass

@given("a product that fails")
def product_fails(): raise ProductFailed("it never serves")

@given("a product that fails while it is prepared")
def is_prepared(unsteady): pass

@then("it holds")
def holds(): pass

@then("it does not hold")
def does_not(): assert False, "it does not hold"

@then("it stumbles")
def stumbles(): raise KeyError("stone")

@then("it needs power")
def needs_power(): raise CapabilityMissing("it lacks power cut")

def test_plain(calm): pass

def test_plain_fails_afterwards(failing): pass

@pytest.mark.xfail(strict=True, raises=ProductFailed)
def test_known_to_fail_afterwards(failing): pass

@pytest.mark.usefixtures("unsteady")
def test_plain_fails_in_a_preparation(): pass
"""
ENDINGS = {
    "Holds to the end": ("passed", "", ["passed", "passed"]),
    "Failed afterwards": ("failed", "it was announced too late", ["passed", "passed"]),
    "Unknown afterwards": ("broken", "etcd did not answer", ["passed", "passed"]),
    "Failed in a step": ("failed", "it does not hold", ["passed", "failed"]),
    "Failed in a step, and the end cannot be judged": (
        "failed",
        "it does not hold",
        ["passed", "failed"],
    ),
    "Broken in a step": ("broken", "KeyError: 'stone'", ["passed", "broken"]),
    "Not applicable": ("not applicable", "it lacks power cut", ["passed", "not applicable"]),
    "The product fails before it begins": ("failed", "it never serves", ["failed", "skipped"]),
    "The product fails in a preparation": (
        "failed",
        "it does not become steady",
        ["failed", "skipped"],
    ),
}


@pytest.fixture
def ended(pytester: pytest.Pytester, tmp_path: Path) -> tuple[pytest.RunResult, Recorder]:
    recorder = Recorder(
        Report(replace(RUN, machines=()), ()),
        tmp_path / "report",
        Timeline().record,
        lambda _: None,
        lambda _: None,
        Redactor([]),
    )
    pytester.makefile(".feature", ends=FEATURE)
    pytester.makepyfile(test_ends=STEPS)
    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-rA", "-s", plugins=[recorder, conclusion]
    )
    return result, recorder


def test_every_end(ended: tuple[pytest.RunResult, Recorder]) -> None:
    _, recorder = ended
    found: dict[str, Scenario] = {each.name: each for each in recorder.scenarios}
    assert found.keys() == ENDINGS.keys()
    for name, (status, message, steps) in ENDINGS.items():
        each = found[name]
        assert each.status.name == status, name
        assert message in each.message, name
        assert [step.status.name for step in each.steps] == steps, name
    assert found["Failed afterwards"].outside == "after"


def test_pytest_shows_it_as_a_failure_of_the_test(
    ended: tuple[pytest.RunResult, Recorder],
) -> None:
    result, _ = ended
    result.assert_outcomes(passed=2, failed=8, skipped=1, errors=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*ProductFailed: it was announced too late*",
            "FAILED test_ends.py::test_failed_afterwards - *",
            "FAILED test_ends.py::test_plain_fails_afterwards - *",
        ]
    )
    result.stdout.fnmatch_lines(["*what followed could not be judged: RuntimeError('no disk')"])


def test_what_ended_early_is_judged_for_the_record_only(
    ended: tuple[pytest.RunResult, Recorder],
) -> None:
    result, _ = ended
    asked = dict(re.findall(r"asked of (\w+): (.+)", result.stdout.str()))
    assert asked["test_holds_to_the_end"] == asked["test_failed_afterwards"] == "enforce"
    assert asked["test_plain"] == asked["test_known_to_fail_afterwards"] == "enforce"
    for name in ("test_failed_in_a_step", "test_broken_in_a_step", "test_not_applicable"):
        assert asked[name] == "conclude, wait=False"
