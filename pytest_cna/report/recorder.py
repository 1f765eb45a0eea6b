"""The recorder: what became of each scenario and step, from pytest's and pytest-bdd's hooks.

Every scenario travels with the teardown report of its test, so that it reaches the controlling
process under xdist too, and is on disk as soon as it has ended.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.report.model import Report, Scenario, Status, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_bdd.parser import Feature
    from pytest_bdd.parser import Scenario as GherkinScenario
    from pytest_bdd.parser import Step as GherkinStep

    from pytest_cna.report.model import Environment

SCENARIO: pytest.StashKey[Scenario] = pytest.StashKey()
CARRIED = "cna_scenario"
EXAMPLE = "_pytest_bdd_example"
"""pytest-bdd's name for the parameter that holds the row of an outline."""


class Recorder:
    """``record`` writes an event to the timeline; ``save`` is called with the report so far, in
    the controlling process only, after each scenario and at the end."""

    def __init__(
        self,
        environment: Environment,
        record: Callable[..., object],
        save: Callable[[Report], None],
    ) -> None:
        self.environment = environment
        self.scenarios: list[Scenario] = []
        self._record = record
        self._save = save
        self._running: tuple[Step, float] | None = None

    @property
    def report(self) -> Report:
        return Report(self.environment, tuple(self.scenarios))

    # pytest-bdd

    def pytest_bdd_before_scenario(
        self, request: pytest.FixtureRequest, feature: Feature, scenario: GherkinScenario
    ) -> None:
        node = request.node
        row = getattr(node, "callspec", None)
        example: dict[str, str] = row.params.get(EXAMPLE, {}) if row else {}
        record = Scenario(
            feature=feature.name or feature.rel_filename,
            name=_name(scenario.name, example),
            tags=sorted(scenario.tags | feature.tags),
            started=time.time(),
            narrative=feature.description or "",
            uri=feature.rel_filename,
            line=scenario.line_number,
            steps=[Step(step.keyword, step.name) for step in scenario.steps],
        )
        node.stash[SCENARIO] = record
        self._record("scenario", "started", record.name, feature=record.feature)

    def pytest_bdd_before_step(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario, step: GherkinStep
    ) -> None:
        steps = request.node.stash[SCENARIO].steps
        record = steps[scenario.steps.index(step)]
        self._running = (record, time.monotonic())
        self._record("step", "started", record.text)

    def pytest_bdd_after_step(self) -> None:
        self._end_step("passed")

    def pytest_bdd_step_error(self, exception: Exception) -> None:
        self._end_step(_status(exception), str(exception))

    def pytest_bdd_step_func_lookup_error(
        self,
        request: pytest.FixtureRequest,
        scenario: GherkinScenario,
        step: GherkinStep,
        exception: Exception,
    ) -> None:
        record = request.node.stash[SCENARIO]
        self._running = (record.steps[scenario.steps.index(step)], time.monotonic())
        self._end_step("undefined", str(exception))
        record.status, record.message = "undefined", str(exception)

    def _end_step(self, status: Status, message: str = "") -> None:
        if self._running is not None:
            step, since = self._running
            step.status, step.message = status, message
            step.duration = time.monotonic() - since
            self._running = None
            self._record("step", "finished", step.text, status=status)

    # pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report = yield
        record = item.stash.get(SCENARIO, None)
        if record is None:
            return report
        if call.excinfo is not None and record.status == "passed":
            record.status = _status(call.excinfo.value)
            record.message = str(call.excinfo.value)
        if call.when == "call":
            record.duration = call.duration
        if call.when == "teardown":
            self._record("scenario", "finished", record.name, status=record.status)
            setattr(report, CARRIED, record.to_json())
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        carried: dict[str, Any] | None = getattr(report, CARRIED, None)
        if carried is not None:
            self.scenarios.append(Scenario.from_json(carried))
            self._save(self.report)


def _status(exception: BaseException) -> Status:
    if isinstance(exception, AssertionError):
        return "failed"
    return "skipped" if isinstance(exception, pytest.skip.Exception) else "broken"


def _name(name: str, example: dict[str, str]) -> str:
    for key, value in example.items():
        name = name.replace(f"<{key}>", value)
    missing = [value for value in example.values() if value not in name]
    return f"{name} [{', '.join(missing)}]" if missing else name
