"""The recorder: what became of each scenario and step, from pytest's and pytest-bdd's hooks.

Every scenario travels with the teardown report of its test, so that it reaches the controlling
process under xdist too, and is on disk as soon as it has ended.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.utils import registry_get_safe

from pytest_cna.report.model import Report, Scenario, Step
from pytest_cna.report.outcome import message_of, status_of
from pytest_cna.report.outline import name_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_bdd.parser import Scenario as GherkinScenario
    from pytest_bdd.parser import Step as GherkinStep

    from pytest_cna.report.model import Environment, Status

SCENARIO: pytest.StashKey[Scenario] = pytest.StashKey()
CARRIED = "cna_scenario"


def scenario_record(node: pytest.Item) -> Scenario | None:
    """The record of the scenario that ``node`` runs, None when it is no scenario; fixtures may
    add to it (``add_fault``, ``set_traffic``) until their teardown has ended."""
    return node.stash.get(SCENARIO, None)


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
        self.current: Scenario | None = None
        """The scenario that runs in this process now, from its setup to its teardown."""
        self._record = record
        self._save = save
        self._since = time.monotonic()
        self._running: tuple[Step, float] | None = None
        self._called = False

    @property
    def report(self) -> Report:
        return Report(self.environment, tuple(self.scenarios), time.monotonic() - self._since)

    # pytest-bdd

    def pytest_bdd_before_scenario(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario
    ) -> None:
        if SCENARIO not in request.node.stash:
            # its function is wrapped in another, so it was not known before
            self._begin(request.node, scenario, row_of(request.node))

    def pytest_bdd_before_step(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario, step: GherkinStep
    ) -> None:
        record = request.node.stash[SCENARIO].steps[scenario.steps.index(step)]
        self._running = (record, time.monotonic())
        self._called = False
        self._record("step", "started", record.text)

    def pytest_bdd_before_step_call(self) -> None:
        self._called = True

    def pytest_bdd_after_step(self) -> None:
        self._end_step("passed")

    def pytest_bdd_step_error(self, exception: BaseException) -> None:
        self._end_step(status_of(exception, judged=self._called), message_of(exception))

    def pytest_bdd_step_func_lookup_error(
        self,
        request: pytest.FixtureRequest,
        scenario: GherkinScenario,
        step: GherkinStep,
        exception: Exception,
    ) -> None:
        record = request.node.stash[SCENARIO].steps[scenario.steps.index(step)]
        self._running = (record, time.monotonic())
        self._end_step("undefined", str(exception))

    def _end_step(self, status: Status, message: str = "") -> None:
        if self._running is not None:
            step, since = self._running
            step.status, step.message = status, message
            step.duration = time.monotonic() - since
            self._running = None
            self._record("step", "finished", step.text, status=status)

    # pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture or mark: a scenario that is not reached is in the report too."""
        function = getattr(item, "function", None)
        template = registry_get_safe(scenario_wrapper_template_registry, function)
        if template is not None:
            row = row_of(item)
            tagged = [each.tags for each in template.examples if row in each.as_contexts()]
            self._begin(item, template.render(row), row, *tagged)

    def _begin(
        self, item: pytest.Item, scenario: GherkinScenario, row: dict[str, str], *tags: set[str]
    ) -> None:
        feature = scenario.feature
        record = self.current = item.stash[SCENARIO] = Scenario(
            feature=feature.name or feature.rel_filename,
            name=name_of(scenario.name, row),
            tags=sorted(
                feature.tags.union(scenario.tags, getattr(scenario.rule, "tags", ()), *tags)
            ),
            started=time.time(),
            narrative=feature.description or "",
            uri=feature.rel_filename,
            line=scenario.line_number,
            steps=[Step(step.keyword, step.name) for step in scenario.steps],
        )
        self._record("scenario", "started", record.name, feature=record.feature)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        record = scenario_record(item)
        if record is not None:
            if call.when != "teardown":
                record.duration += call.duration
            if not report.passed:
                self._judge(record, call, report)
            if call.when == "teardown":
                self._end(record)
                setattr(report, CARRIED, record.to_json())
        return report  # type: ignore[return-value]

    def _judge(
        self, record: Scenario, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        exception = call.excinfo.value if call.excinfo else None
        message = message_of(exception) if exception else str(report.longrepr)
        if report.skipped:
            self._end_step("skipped", message)
            if hasattr(report, "wasxfail"):
                message = f"expected to fail: {report.wasxfail}"
            record.skip(message)
            return
        # without an exception: it passed where it was to fail
        status = status_of(exception, judged=call.when == "call") if exception else "failed"
        self._end_step(status, message)
        stopped = next((step for step in record.steps if step.stopped), None)
        record.conclude(*((stopped.status, stopped.message) if stopped else (status, message)))

    def _end(self, record: Scenario) -> None:
        self._record("scenario", "finished", record.name, status=record.status)
        self.current = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        carried: dict[str, Any] | None = getattr(report, CARRIED, None)
        if carried is not None:
            self.scenarios.append(Scenario.from_json(carried))
            self._save(self.report)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._interrupt(f"the run was ended: {message_of(excinfo.value)}")

    def _interrupt(self, why: str) -> None:
        self._end_step("broken", why)
        if self.current is not None:
            self.current.conclude("broken", why)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """After all teardowns, before the terminal's summary."""
        try:
            return (yield)
        finally:
            if self.current is not None:
                self._interrupt("the run ended in this scenario")
                self.scenarios.append(self.current)
                self._end(self.current)
            if self.scenarios:
                self._save(self.report)
