"""Cucumber Messages, one JSON object a line, for ``@cucumber/html-formatter``.

Like Cucumber's JSON they lack some of our statuses: such a step has the nearest one, and its
message says what it means.
"""

from __future__ import annotations

import json
import math
import platform
from itertools import count
from typing import TYPE_CHECKING, Any

import cucumber_messages as messages
from cucumber_messages import json_converter

from pytest_cna.report.gherkin_messages import Pickled, document
from pytest_cna.report.status import PASSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario
    from pytest_cna.report.status import Status

PROTOCOL = "34.0.0"
HOOKS = {
    "before": messages.HookType.before_test_case,
    "after": messages.HookType.after_test_case,
}


def ndjson(report: Report) -> str:
    converter = json_converter.JsonDataclassConverter(messages)
    return "".join(
        json.dumps(converter.to_dict(envelope), ensure_ascii=False) + "\n"
        for envelope in _Writer(report).envelopes()
    )


class _Writer:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._ids = count(1)
        self._hooks = {name: self._new_id() for name in HOOKS}
        self._run = self._new_id()

    def _new_id(self) -> str:
        return str(next(self._ids))

    def envelopes(self) -> Iterator[messages.Envelope]:
        environment = self._report.environment
        yield messages.Envelope(meta=self._meta())
        pickled = []
        for scenarios in self._files():
            gherkin, found = document(scenarios, self._new_id)
            yield messages.Envelope(gherkin_document=gherkin)
            pickled += found
        for each in pickled:
            yield messages.Envelope(pickle=each.pickle)
        for name, kind in HOOKS.items():
            where = messages.SourceReference(uri="pytest_cna/plugin/fixtures.py")
            hook = messages.Hook(
                id=self._hooks[name], source_reference=where, name=f"{name} the steps", type=kind
            )
            yield messages.Envelope(hook=hook)
        began = messages.TestRunStarted(timestamp=_at(environment.started), id=self._run)
        yield messages.Envelope(test_run_started=began)
        for each in pickled:
            yield from self._case(each)
        yield messages.Envelope(
            test_run_finished=messages.TestRunFinished(
                success=not any(each.status.bad for each in self._report.scenarios),
                timestamp=_at(environment.started + self._report.duration),
                test_run_started_id=self._run,
            )
        )

    def _files(self) -> list[list[Scenario]]:
        files: dict[tuple[str, str], list[Scenario]] = {}
        for scenario in self._report.scenarios:
            files.setdefault((scenario.uri, scenario.feature), []).append(scenario)
        return list(files.values())

    def _meta(self) -> messages.Meta:
        versions = self._report.environment.versions
        return messages.Meta(
            protocol_version=PROTOCOL,
            implementation=messages.Product("pytest-cna", versions.get("pytest-cna")),
            runtime=messages.Product("Python", versions.get("Python")),
            os=messages.Product(platform.system() or "unknown"),
            cpu=messages.Product(platform.machine() or "unknown"),
        )

    def _case(self, pickled: Pickled) -> Iterator[messages.Envelope]:
        """A test case: its steps, and hooks for failures outside of them and for attachments."""
        scenario, pickle = pickled.scenario, pickled.pickle
        steps = [
            messages.TestStep(id=self._new_id(), pickle_step_id=step.id, step_definition_ids=[])
            for step in pickle.steps
        ]
        before = scenario.outside == "before"
        hook = messages.TestStep(
            id=self._new_id(), hook_id=self._hooks["before" if before else "after"]
        )
        case = messages.TestCase(
            id=self._new_id(),
            pickle_id=pickle.id,
            test_steps=[hook, *steps] if before else [*steps, hook],
            test_run_started_id=self._run,
        )
        yield messages.Envelope(test_case=case)
        attempt = self._new_id()
        started = messages.TestCaseStarted(
            attempt=0,
            id=attempt,
            test_case_id=case.id,
            timestamp=_at(scenario.started),
            worker_id=scenario.worker or None,
        )
        yield messages.Envelope(test_case_started=started)
        end = scenario.started + scenario.duration
        if before:
            yield from self._hook(scenario, attempt, hook.id, scenario.started)
        to_wall = scenario.started - scenario.began
        for step, test_step in zip(scenario.steps, steps, strict=True):
            at = end if step.began is None else step.began + to_wall
            words = scenario.words_of(step)
            yield from self._step(attempt, test_step.id, at, step.duration, step.status, words)
        if not before:
            yield from self._hook(scenario, attempt, hook.id, end)
        finished = messages.TestCaseFinished(
            test_case_started_id=attempt, timestamp=_at(end), will_be_retried=False
        )
        yield messages.Envelope(test_case_finished=finished)

    def _hook(
        self, scenario: Scenario, attempt: str, hook: str, at: float
    ) -> Iterator[messages.Envelope]:
        status = scenario.status if scenario.outside else PASSED
        words = scenario.explained if scenario.outside else ""
        attachments = [
            self._attachment(scenario, n, attempt, hook) for n in range(len(scenario.attachments))
        ]
        yield from self._step(attempt, hook, at, 0.0, status, words, attachments)

    def _attachment(
        self, scenario: Scenario, number: int, attempt: str, hook: str
    ) -> messages.Envelope:
        attachment = scenario.attachments[number]
        return messages.Envelope(
            attachment=messages.Attachment(
                body=attachment.text,
                content_encoding=messages.AttachmentContentEncoding.identity,
                media_type=attachment.media_type,
                file_name=attachment.name,
                test_case_started_id=attempt,
                test_step_id=hook,
            )
        )

    def _step(
        self,
        attempt: str,
        step: str,
        at: float,
        seconds: float,
        status: Status,
        words: str,
        within: list[messages.Envelope] | None = None,
    ) -> Iterator[messages.Envelope]:
        started = messages.TestStepStarted(
            test_case_started_id=attempt, test_step_id=step, timestamp=_at(at)
        )
        yield messages.Envelope(test_step_started=started)
        yield from within or ()
        message = status.message(words) if words else ""
        result = messages.TestStepResult(
            duration=messages.Duration(**_split(seconds)),
            status=messages.TestStepResultStatus[status.cucumber],
            message=message or None,
            exception=messages.Exception(type=status.name, message=message) if message else None,
        )
        finished = messages.TestStepFinished(
            test_case_started_id=attempt,
            test_step_id=step,
            test_step_result=result,
            timestamp=_at(at + seconds),
        )
        yield messages.Envelope(test_step_finished=finished)


def _at(unix: float) -> messages.Timestamp:
    return messages.Timestamp(**_split(unix))


def _split(seconds: float) -> dict[str, Any]:
    whole = math.floor(seconds)
    return {"seconds": whole, "nanos": min(999_999_999, round((seconds - whole) * 1e9))}
