"""The recorder in a run of pytest: each way a scenario can end, and what is on disk meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from reports import RUN

from pytest_cna.core.events.event import Event
from pytest_cna.core.events.scenario import (
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from pytest_cna.core.redaction import Redactor
from pytest_cna.core.timeline import Timeline
from pytest_cna.plugin.recorder import Recorder
from pytest_cna.report.partial import NAME, recovered
from pytest_cna.report.report import Report
from pytest_cna.report.scenario import Scenario

FEATURE = """
Feature: Endings
  Scenario: Holds
    Given a start
    Then it holds

  Scenario: Fails
    Then it does not hold
    Then it holds

  Scenario: Cannot be judged
    Given a start that stumbles
    Then it holds

  Scenario: A fixture asserts
    Given a start
    Then it holds with power

  Scenario: Clearing up asserts
    Then it holds with what is left on

  Scenario: No such step
    Then it is not written

  Scenario: Not today
    When it is not needed
    Then it holds

  @xfail
  Scenario: Known to fail
    Then it does not hold

  Scenario: A broken chain
    Then the chain is broken
"""
STEPS = """
import pytest
from pytest_bdd import given, scenarios, then, when
from pytest_cna.core.links import SCHEDULER, SUPERVISOR
from pytest_cna.judgement.diagnosis import Answer, BrokenChain, Evidence

scenarios("endings.feature")

@pytest.fixture
def power(): assert False, "no power"

@pytest.fixture
def left_on():
    yield
    assert False, "left on"

@given("a start")
def start(): pass

@given("a start that stumbles")
def stumbles(): raise KeyError("stone")

@when("it is not needed")
def not_needed(): pytest.skip("not today")

@then("it holds")
def holds(): pass

@then("it holds with power")
def holds_with(power): pass

@then("it holds with what is left on")
def holds_while(left_on): pass

@then("it does not hold")
def does_not(): assert 1 == 2, "the password is hunter22"

@then("the chain is broken")
def chain():
    links = {SCHEDULER: Answer(True, "launched"), SUPERVISOR: Answer(False, "failed")}
    raise BrokenChain("it is not back", Evidence("web@1.service", links))
"""
ENDINGS = {
    "Holds": ("passed", "", ["passed", "passed"]),
    "Fails": ("failed", "the password is [redacted]", ["failed", "skipped"]),
    "Cannot be judged": ("broken", "KeyError: 'stone'", ["broken", "skipped"]),
    "A fixture asserts": ("broken", "no power", ["passed", "broken"]),
    "Clearing up asserts": ("broken", "left on", ["passed"]),
    "No such step": ("undefined", "Step definition is not found", ["undefined"]),
    "Not today": ("skipped", "not today", ["skipped", "skipped"]),
    "Known to fail": ("skipped", "expected to fail", ["skipped"]),
    "A broken chain": ("failed", "it is not back", ["failed"]),
}


class Kept:
    """A recorder with what it gave to those who asked for it."""

    def __init__(self, directory: Path, worker: str = "") -> None:
        self.timeline = Timeline()
        self.saved: list[Report] = []
        self.ended: list[Report] = []
        self.recorder = Recorder(
            Report(replace(RUN, machines=()), ()),
            directory,
            self.timeline.record,
            self.saved.append,
            self.ended.append,
            Redactor(["hunter22"]),
            worker,
        )

    @property
    def scenarios(self) -> dict[str, Scenario]:
        return {each.name: each for each in self.recorder.scenarios}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "report"


def run(pytester: pytest.Pytester, kept: Kept, steps: str = STEPS, feature: str = FEATURE) -> None:
    pytester.makefile(".feature", endings=feature)
    pytester.makepyfile(test_endings=steps)
    pytester.inline_run("-p", "no:cacheprovider", plugins=[kept.recorder])


def test_every_ending_is_recorded(pytester: pytest.Pytester, directory: Path) -> None:
    kept = Kept(directory)
    run(pytester, kept)
    assert kept.scenarios.keys() == ENDINGS.keys()
    for name, (status, message, steps) in ENDINGS.items():
        found = kept.scenarios[name]
        assert found.status.name == status, name
        assert message in found.message, name
        assert [step.status.name for step in found.steps] == steps, name
        assert found.ended is not None
    assert kept.scenarios["A broken chain"].diagnosis is not None
    assert "hunter22" not in kept.scenarios["Fails"].traceback


def test_the_report_grows_and_ends(pytester: pytest.Pytester, directory: Path) -> None:
    kept = Kept(directory)
    run(pytester, kept)
    assert [len(each.scenarios) for each in kept.saved] == list(range(1, len(ENDINGS) + 1))
    (ended,) = kept.ended
    assert ended.scenarios == tuple(kept.recorder.scenarios)
    # the report says all
    assert not (directory / NAME).exists()


def test_steps_are_on_the_timeline(pytester: pytest.Pytester, directory: Path) -> None:
    kept = Kept(directory)
    run(pytester, kept, feature="Feature: One\n  Scenario: Holds\n    Then it holds\n")
    assert [(type(event), event.subject) for event in kept.timeline.events(Event)] == [
        (ScenarioStarted, "Holds"),
        (StepStarted, "it holds"),
        (StepFinished, "it holds"),
        (ScenarioFinished, "Holds"),
    ]


def test_a_run_that_is_ended_is_recorded_up_to_then(
    pytester: pytest.Pytester, directory: Path
) -> None:
    steps = STEPS.replace('raise KeyError("stone")', 'pytest.exit("enough")')
    kept = Kept(directory)
    run(pytester, kept, steps)
    assert list(kept.scenarios) == ["Holds", "Fails", "Cannot be judged"]
    last = kept.scenarios["Cannot be judged"]
    assert (last.status.name, last.message) == ("broken", "the run was ended: enough")
    assert [step.status.name for step in last.steps] == ["broken", "skipped"]


def test_what_runs_is_on_disk(pytester: pytest.Pytester, directory: Path) -> None:
    seen = 'import shutil; shutil.copytree(r"{}", r"{}")'
    copy = directory.with_name("copy")
    steps = STEPS.replace("def holds(): pass", f"def holds(): {seen.format(directory, copy)}")
    kept = Kept(directory)
    run(pytester, kept, steps, "Feature: One\n  Scenario: Holds\n    Then it holds\n")
    found = recovered(copy)
    assert found is not None
    (scenario,) = found.scenarios
    # what would be true if the run had been killed there
    assert (scenario.status.name, scenario.message) == (
        "broken",
        "the run was killed in this scenario",
    )
    assert [step.status.name for step in scenario.steps] == ["broken"]


def test_scenarios_of_a_worker_that_died_are_taken_in(
    pytester: pytest.Pytester, directory: Path
) -> None:
    lost = Scenario("Endings", "Lost", [], 1000.0)
    worker = directory / "gw0"
    kept = Kept(directory)
    steps = STEPS.replace(
        "def holds(): pass",
        "def holds():\n"
        "    from pathlib import Path\n"
        f"    Path(r'{worker}').mkdir(parents=True)\n"
        f"    Path(r'{worker / NAME}').write_text({_lines(lost)!r})\n",
    )
    run(pytester, kept, steps, "Feature: One\n  Scenario: Holds\n    Then it holds\n")
    assert set(kept.scenarios) == {"Holds", "Lost"}
    assert not (worker / NAME).exists()


def test_what_an_earlier_run_left_is_not_this_one_s(
    pytester: pytest.Pytester, directory: Path
) -> None:
    directory.mkdir()
    (directory / NAME).write_text(_lines(Scenario("Endings", "Of another run", [], 1000.0)))
    kept = Kept(directory)
    run(pytester, kept, feature="Feature: One\n  Scenario: Holds\n    Then it holds\n")
    assert set(kept.scenarios) == {"Holds"}


def test_a_worker_keeps_to_its_own_directory(pytester: pytest.Pytester, directory: Path) -> None:
    directory.mkdir()
    (directory / NAME).write_text("of the controlling process")
    kept = Kept(directory, "gw1")
    run(pytester, kept, feature="Feature: One\n  Scenario: Holds\n    Then it holds\n")
    assert (directory / NAME).read_text() == "of the controlling process"
    assert not (directory / "gw1" / NAME).exists()
    assert kept.scenarios["Holds"].worker == "gw1"


def test_a_run_without_scenarios_has_no_report(pytester: pytest.Pytester, directory: Path) -> None:
    kept = Kept(directory)
    pytester.makepyfile("def test_plain(): pass")
    pytester.inline_run("-p", "no:cacheprovider", plugins=[kept.recorder])
    assert (kept.saved, kept.ended) == ([], [])


def _lines(scenario: Scenario) -> str:
    known = Report(replace(RUN, machines=()), ())
    rows = [{"report": known.to_json()}, {"scenario": scenario.to_json(), "at": 9.0}]
    return "".join(json.dumps(row) + "\n" for row in rows)
