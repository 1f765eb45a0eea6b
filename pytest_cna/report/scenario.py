"""What is recorded of one scenario and its steps. Times as in ``report.report``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_cna.report.reading import plain, structure
from pytest_cna.report.records import (
    Attachment,
    DiagnosisRecord,
    FaultRecord,
    TrafficRecord,
    VerdictRecord,
)
from pytest_cna.report.status import PASSED, SKIPPED, Status


@dataclass(slots=True)
class Step:
    keyword: str
    text: str
    status: Status = SKIPPED
    duration: float = 0.0
    message: str = ""
    line: int = 0
    began: float | None = None
    """None when the step was not reached."""
    table: list[list[str]] = field(default_factory=list)
    """Rows of cells, the header first; empty without a table."""
    docstring: str | None = None

    @property
    def stopped(self) -> bool:
        """Whether the scenario ended in this step, other than by being skipped."""
        return self.status not in {PASSED, SKIPPED}


@dataclass(slots=True)
class Scenario:
    """One scenario. The recorder and fixtures fill it in; it is complete at the end of its test's
    teardown."""

    feature: str
    name: str
    tags: list[str]
    started: float
    narrative: str = ""
    """The description of the feature."""
    description: str = ""
    """The description of the scenario."""
    rule: str = ""
    uri: str = ""
    line: int = 0
    row: dict[str, str] = field(default_factory=dict)
    """Column → value of the outline's row; empty without an outline."""
    worker: str = ""
    """The pytest-xdist worker; its timeline and requests are in the directory of that name."""
    began: float = 0.0
    ended: float | None = None
    """Monotonic end of the teardown; None when the run was killed before."""
    status: Status = PASSED
    duration: float = 0.0
    """Seconds without the teardown."""
    message: str = ""
    """The reason why it did not pass, without the diagnosis."""
    traceback: str = ""
    steps: list[Step] = field(default_factory=list)
    faults: list[FaultRecord] = field(default_factory=list)
    verdicts: list[VerdictRecord] = field(default_factory=list)
    """The checks that were judged when it had ended."""
    traffic: TrafficRecord | None = None
    diagnosis: DiagnosisRecord | None = None
    attachments: list[Attachment] = field(default_factory=list)

    def add_fault(self, fault: FaultRecord) -> None:
        self.faults.append(fault)

    def add_verdict(self, verdict: VerdictRecord) -> None:
        self.verdicts.append(verdict)

    def set_traffic(self, traffic: TrafficRecord | None) -> None:
        self.traffic = traffic

    def attach(self, attachment: Attachment) -> None:
        self.attachments.append(attachment)

    def skip(self, message: str, status: Status = SKIPPED) -> None:
        """Mark the scenario as skipped: not needed, known to fail, or, with another ``status``, not
        applicable; its steps do not count then either."""
        if self.status is PASSED:
            self.status, self.message = status, message
            for step in self.steps:
                step.status = SKIPPED if step.status.bad else step.status

    def conclude(self, status: Status, message: str) -> None:
        """Set status and message of a scenario that did not pass; only the first bad status
        counts."""
        if not self.status.bad:
            self.status, self.message = status, message

    @property
    def explained(self) -> str:
        """The message and the diagnosis as plain text."""
        found = self.diagnosis.text if self.diagnosis else ""
        return "\n".join(filter(None, [self.message, found]))

    @property
    def outside(self) -> Literal["", "before", "after"]:
        """Whether it ended before or after its steps instead of in one, which readers that judge by
        steps cannot see."""
        inside = {step.status for step in self.steps}
        if not self.status.bad or any(status.bad for status in inside):
            return ""
        return "after" if PASSED in inside else "before"

    def words_of(self, step: Step) -> str:
        """The step's message; with the diagnosis for the step in which the scenario ended."""
        if step.stopped and self.diagnosis is not None:
            return "\n".join(filter(None, [step.message, self.diagnosis.text]))
        return step.message

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = plain(self)
        return found

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Scenario:
        """The scenario in JSON data. Raises ValueError saying what does not fit."""
        return structure(row, cls)
