"""The report's data types; ``schema.json`` describes the same for readers in other languages.

Two clocks, both in seconds: ``started`` is Unix time; ``began`` and ``ended`` are monotonic, the
clock of ``timeline.jsonl`` and ``requests.jsonl``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from pytest_cna.report.reading import structure
from pytest_cna.report.records import Attachment, DiagnosisRecord, FaultRecord, TrafficRecord

VERSION = 2

Status = Literal["passed", "failed", "broken", "skipped", "undefined"]
"""``failed``: the product failed; ``broken``: nothing can be concluded; ``undefined``: the step is
not implemented."""
Coverage = Literal["proven", "failed", "broken", "untried"]


@dataclass(slots=True)
class Step:
    keyword: str
    text: str
    status: Status = "skipped"
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
        """Whether the scenario ended in this step with a status worse than skipped."""
        return self.status not in {"passed", "skipped"}


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
    status: Status = "passed"
    duration: float = 0.0
    """Seconds without the teardown."""
    message: str = ""
    """The reason why it did not pass, without the diagnosis."""
    traceback: str = ""
    steps: list[Step] = field(default_factory=list)
    faults: list[FaultRecord] = field(default_factory=list)
    traffic: TrafficRecord | None = None
    diagnosis: DiagnosisRecord | None = None
    attachments: list[Attachment] = field(default_factory=list)

    def add_fault(self, fault: FaultRecord) -> None:
        self.faults.append(fault)

    def set_traffic(self, traffic: TrafficRecord | None) -> None:
        self.traffic = traffic

    def attach(self, attachment: Attachment) -> None:
        self.attachments.append(attachment)

    def skip(self, message: str) -> None:
        """Mark the scenario as skipped: not needed, or known to fail; its steps do not count then
        either."""
        if self.status == "passed":
            self.status, self.message = "skipped", message
            for step in self.steps:
                step.status = "skipped" if step.stopped else step.status

    def conclude(self, status: Status, message: str) -> None:
        """Set status and message of a scenario that did not pass; only the first call has an
        effect."""
        if self.status in {"passed", "skipped"}:
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
        if self.status in {"passed", "skipped"} or inside & {"failed", "broken", "undefined"}:
            return ""
        return "after" if "passed" in inside else "before"

    def words_of(self, step: Step) -> str:
        """The step's message; with the diagnosis for the step in which the scenario ended."""
        if step.stopped and self.diagnosis is not None:
            return "\n".join(filter(None, [step.message, self.diagnosis.text]))
        return step.message

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Scenario:
        """The scenario in JSON data. Raises ValueError saying what does not fit."""
        return structure(row, cls)


@dataclass(frozen=True, slots=True)
class MachineRecord:
    name: str
    address: str
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A kind of fault and a service that it can hit."""

    kind: str
    service: str
    """The service's name in the features."""
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """A unit of the deployment, with its names in other parts of the system."""

    name: str
    role: Literal["main", "sidekick"]
    service: str
    """The service's name in discovery: ``/services/<service>``."""
    called: str
    """The service's name in the features."""
    instance: str
    """The instance: the text after the @, which is the port of its discovery entry; empty for a
    plain unit."""
    container: str = ""
    backend: str = ""
    """HAProxy's backend for it; empty without one."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Settings and versions of the run."""

    session: str
    provider: str
    seed: int
    started: float
    began: float = 0.0
    machines: tuple[MachineRecord, ...] = ()
    """The machines; empty when no cluster was needed."""
    versions: dict[str, str] = field(default_factory=dict)
    deployment: str = ""
    commit: str = ""
    """The commit of the project under test, followed by ``+`` when files differ; empty
    without git."""
    command: str = ""
    """The command line."""

    def joined(self, other: Environment) -> Environment:
        """This environment with the machines and versions of another process of the run added."""
        machines = dict.fromkeys((*self.machines, *other.machines))
        return replace(self, machines=tuple(machines), versions=self.versions | other.versions)


@dataclass(frozen=True, slots=True)
class Summary:
    """Number of scenarios with each status."""

    passed: int = 0
    failed: int = 0
    broken: int = 0
    skipped: int = 0
    undefined: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    environment: Environment
    scenarios: tuple[Scenario, ...]
    duration: float = 0.0
    """Seconds since the run began."""
    coverage: tuple[Pair, ...] = ()
    """Every fault that can hit this deployment."""
    units: tuple[UnitRecord, ...] = ()
    """The deployment's units in start order."""

    @property
    def summary(self) -> Summary:
        count = Counter[str](scenario.status for scenario in self.scenarios)
        return Summary(*(count[each.name] for each in fields(Summary)))

    @property
    def features(self) -> dict[str, list[Scenario]]:
        """Scenarios by feature, both in the order in which they ended."""
        features: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            features.setdefault(scenario.feature, []).append(scenario)
        return features

    def tried(self, pair: Pair, unit: str = "") -> Coverage:
        """The worst result of a pair; ``proven`` when all stages were reached within their bounds
        in passed scenarios. With ``unit``, for that unit only."""
        found: set[Coverage] = set()
        for scenario in self.scenarios:
            for fault in scenario.faults:
                if (fault.kind, fault.service) != (pair.kind, pair.service):
                    continue
                if unit and fault.unit != unit:
                    continue
                if scenario.status == "passed" and fault.in_time:
                    found.add("proven")
                elif scenario.status in {"failed", "broken"}:
                    found.add("failed" if scenario.status == "failed" else "broken")
        order: tuple[Coverage, ...] = ("failed", "broken", "proven", "untried")
        return next((each for each in order if each in found), "untried")

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "environment": asdict(self.environment),
            "duration": self.duration,
            "summary": asdict(self.summary),
            "coverage": [asdict(pair) for pair in self.coverage],
            "units": [asdict(unit) for unit in self.units],
            "scenarios": [scenario.to_json() for scenario in self.scenarios],
        }

    @classmethod
    def from_json(cls, row: Any) -> Report:  # noqa: ANN401 - whatever json gives
        """The report in JSON data. Raises ValueError for one of another version or data that is not
        a report."""
        if not isinstance(row, dict):
            raise ValueError(f"a {type(row).__name__} is not a report")
        if row.get("version") != VERSION:
            raise ValueError(f"a report of version {row.get('version')!r}, not {VERSION}")
        return structure({each.name: row.get(each.name) for each in fields(cls)}, cls)
