"""The recorder: the outcome of each scenario and step, from the hooks of pytest and pytest-bdd.

Each scenario's record is sent with the teardown report of its test, so that it reaches the
controlling process under xdist too, and is on disk as soon as the scenario has ended; that of a
running scenario is in the partial report. Every text is redacted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.core import clock
from pytest_cna.core.events.scenario import (
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.plugin import compat
from pytest_cna.plugin.gherkin import begin_scenario
from pytest_cna.plugin.outcome import message_of, status_of
from pytest_cna.report.facts import diagnosis_record
from pytest_cna.report.partial import PartialReport, partial_reports, recovered
from pytest_cna.report.reading import plain, structure
from pytest_cna.report.report import Environment, Report
from pytest_cna.report.scenario import Scenario, Step
from pytest_cna.report.status import BROKEN, FAILED, PASSED, SKIPPED, UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_cna.core.events.event import Event
    from pytest_cna.core.redaction import Redactor
    from pytest_cna.plugin.compat import GherkinScenario, GherkinStep, WrittenScenario
    from pytest_cna.report.status import Status

SCENARIO: pytest.StashKey[Scenario] = pytest.StashKey()
CARRIED = "cna_scenario"
KILLED_STEP = "the run was killed in this step"
KILLED = "the run was killed in this scenario"
TRACEBACK = 20_000
"""Characters of a traceback that are kept; its end is."""


def scenario_record(node: pytest.Item) -> Scenario | None:
    """The record of the scenario that ``node`` runs; None when it runs none. Fixtures may add to it
    (``add_fault``, ``set_traffic``, ``attach``) until the end of their teardown."""
    return node.stash.get(SCENARIO, None)


class Recorder:
    """Plugin object that records scenarios.

    ``known`` is the report before anything has run; ``record`` writes an event to the timeline.
    ``save`` is called with the report so far after each scenario and ``end`` at the end, both in
    the controlling process only. The partial report is written to ``directory``, that of an xdist
    ``worker`` to a subdirectory of its own.
    """

    def __init__(
        self,
        known: Report,
        directory: Path,
        record: Callable[[Event], object],
        save: Callable[[Report], None],
        end: Callable[[Report], None],
        redact: Redactor,
        worker: str = "",
    ) -> None:
        self.environment = known.environment
        self.scenarios: list[Scenario] = []
        self.current: Scenario | None = None
        """The scenario that this process runs now, from its setup to its teardown."""
        self._known = known
        self._directory = directory
        self._record = record
        self._save = save
        self._end_report = end
        self._redact = redact
        self._worker = worker
        self._partial = PartialReport(directory / worker)
        self._written: Environment | None = None
        self._running: tuple[Step, float] | None = None
        self._called = False

    @property
    def report(self) -> Report:
        duration = clock.monotonic() - self.environment.began
        return replace(
            self._known,
            environment=self.environment,
            scenarios=tuple(self.scenarios),
            duration=duration,
        )

    # pytest-bdd

    def pytest_bdd_before_scenario(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario
    ) -> None:
        if SCENARIO not in request.node.stash:
            # another function wraps its function, so it was not found during setup
            self._begin(request.node, compat.written(scenario))

    def pytest_bdd_before_step(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario, step: GherkinStep
    ) -> None:
        self._begin_step(request, scenario, step)
        self._called = False

    def pytest_bdd_before_step_call(self) -> None:
        self._called = True

    def pytest_bdd_after_step(self) -> None:
        self._end_step(PASSED)

    def pytest_bdd_step_error(self, exception: BaseException) -> None:
        self._end_step(status_of(exception, judged=self._called), message_of(exception))

    def pytest_bdd_step_func_lookup_error(
        self,
        request: pytest.FixtureRequest,
        scenario: GherkinScenario,
        step: GherkinStep,
        exception: Exception,
    ) -> None:
        self._begin_step(request, scenario, step)
        self._end_step(UNDEFINED, str(exception))

    def _begin_step(
        self, request: pytest.FixtureRequest, scenario: GherkinScenario, step: GherkinStep
    ) -> None:
        record = request.node.stash[SCENARIO].steps[compat.step_number(scenario, step)]
        record.began = clock.monotonic()
        # replaced when the step ends
        record.status, record.message = BROKEN, KILLED_STEP
        self._running = (record, record.began)
        self._record(StepStarted(record.text))
        self._write_down(request.node.stash[SCENARIO])

    def _end_step(self, status: Status, message: str = "") -> None:
        if self._running is not None:
            step, since = self._running
            step.status, step.message = status, message
            step.duration = clock.monotonic() - since
            self._running = None
            self._record(StepFinished(step.text, status.name))
            if self.current is not None:
                self._write_down(self.current)

    # pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Record the scenario before any fixture or mark, so that one that is not reached is in the
        report too."""
        scenario = compat.scenario_of(item)
        if scenario is not None:
            self._begin(item, scenario)

    def _begin(self, item: pytest.Item, scenario: WrittenScenario) -> None:
        record = begin_scenario(scenario, compat.row_of(item), self._worker)
        self.current = item.stash[SCENARIO] = record
        self._record(ScenarioStarted(record.name, record.feature))
        self._write_down(record)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        self._clean(report)
        record = scenario_record(item)
        if record is not None:
            if call.when != "teardown":
                record.duration += call.duration
            if not report.passed:
                self._judge(record, call, report)
            if call.when == "teardown":
                carried = {"scenario": self._end(record), "environment": plain(self.environment)}
                # pytest keeps the attribute, and pytest-xdist sends it to the controlling process
                setattr(report, CARRIED, self._redact.everywhere(carried))
        return report  # type: ignore[return-value]

    def _clean(self, report: pytest.TestReport) -> None:
        """Redact what pytest itself shows."""
        if report.failed and report.longreprtext != self._redact(report.longreprtext):
            report.longrepr = self._redact(report.longreprtext)
        report.sections = [(name, self._redact(text)) for name, text in report.sections]

    def _judge(
        self, record: Scenario, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        exception = call.excinfo.value if call.excinfo else None
        message = message_of(exception) if exception else str(report.longrepr)
        if report.skipped:
            status = SKIPPED
            if hasattr(report, "wasxfail"):
                message = f"expected to fail: {report.wasxfail}"
            elif exception is not None:
                status = status_of(exception, judged=False)
            self._end_step(status, message)
            record.skip(message, status)
            return
        # no exception: it passed although it was expected to fail
        status = status_of(exception, judged=call.when == "call") if exception else FAILED
        self._end_step(status, message)
        stopped = next((step for step in record.steps if step.stopped), None)
        if not record.traceback:
            record.traceback = report.longreprtext[-TRACEBACK:]
        if isinstance(exception, BrokenChain) and record.diagnosis is None:
            record.diagnosis = diagnosis_record(exception.evidence)
        record.conclude(*((stopped.status, stopped.message) if stopped else (status, message)))

    def _end(self, record: Scenario) -> dict[str, Any]:
        record.ended = clock.monotonic()
        self._record(ScenarioFinished(record.name, record.status.name))
        self._write_down(record)
        self.current = None
        return record.to_json()

    def _write_down(self, record: Scenario) -> None:
        """Write the record to the partial report, as it counts if the run is killed now."""
        if self._written != self.environment:
            self._written = self.environment
            known = replace(self._known, environment=self.environment)
            self._partial.write(self._redact.everywhere({"report": known.to_json()}))
        row = record.to_json()
        if record.ended is None and not record.status.bad:
            row |= {"status": BROKEN.name, "message": KILLED}
        line = {"scenario": row, "at": clock.monotonic()}
        self._partial.write(self._redact.everywhere(line))

    def pytest_sessionstart(self) -> None:
        if not self._worker:
            # of an earlier run that was killed; this run's report replaces it
            self._forget()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        carried: dict[str, Any] | None = getattr(report, CARRIED, None)
        if carried is not None:
            other = structure(carried["environment"], Environment)
            self.environment = self.environment.joined(other)
            self.scenarios.append(Scenario.from_json(carried["scenario"]))
            self._save(self.report)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._interrupt(f"the run was ended: {message_of(excinfo.value)}")

    def _interrupt(self, why: str) -> None:
        self._end_step(BROKEN, why)
        if self.current is not None:
            self.current.conclude(BROKEN, why)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """Complete the report after all teardowns and before the terminal's summary."""
        try:
            return (yield)
        finally:
            if self.current is not None:
                self._interrupt("the run ended in this scenario")
                row = self._redact.everywhere(self._end(self.current))
                self.scenarios.append(Scenario.from_json(row))
            self._partial.end()
            if not self._worker:
                self._add_lost_scenarios()
                self._forget()
            if self.scenarios:
                self._end_report(self.report)

    def _add_lost_scenarios(self) -> None:
        """Add the scenarios of workers that died."""
        found = recovered(self._directory)
        if found is not None:
            known = {(each.name, each.began) for each in self.scenarios}
            self.environment = self.environment.joined(found.environment)
            self.scenarios += [
                each for each in found.scenarios if (each.name, each.began) not in known
            ]

    def _forget(self) -> None:
        for path in partial_reports(self._directory):
            path.unlink(missing_ok=True)
