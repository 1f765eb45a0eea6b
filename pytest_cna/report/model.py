"""The report's nouns; ``schema.json`` says the same for readers in other languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

VERSION = 1

Status = Literal["passed", "failed", "broken", "skipped", "undefined"]
"""``failed``: the product did; ``broken``: nothing can be concluded."""


@dataclass(slots=True)
class Step:
    keyword: str
    text: str
    status: Status = "skipped"
    duration: float = 0.0
    message: str = ""

    @property
    def stopped(self) -> bool:
        """Whether the scenario ended here, for worse than a skip."""
        return self.status not in {"passed", "skipped"}


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    after: float | None
    """Seconds after the fault, None when it was not reached."""
    bound: float


@dataclass(frozen=True, slots=True)
class FaultRecord:
    kind: str
    subject: str
    machine: str
    unit: str
    """Whose recovery was followed."""
    injected_at: float
    """Monotonic seconds, the timeline's clock."""
    bound: float
    bound_terms: tuple[str, ...]
    dominated_by: str
    recovered_after: float | None
    """Seconds until the last stage, None when one was not reached."""
    stages: tuple[Stage, ...]

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> FaultRecord:
        stages = tuple(Stage(**stage) for stage in row["stages"])
        return cls(**{**row, "bound_terms": tuple(row["bound_terms"]), "stages": stages})


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    requests: int
    failed: int
    longest_gap: float
    p50: float
    p99: float
    slowest: float
    """Like ``p50`` and ``p99`` of the good answers; 0 without any."""
    by_instance: dict[str, int]
    errors: dict[str, int]


@dataclass(slots=True)
class Scenario:
    """Filled in while it runs, by the recorder and by fixtures; complete when its test's teardown
    has ended."""

    feature: str
    name: str
    tags: list[str]
    started: float
    """Unix time."""
    narrative: str = ""
    uri: str = ""
    line: int = 0
    status: Status = "passed"
    duration: float = 0.0
    message: str = ""
    steps: list[Step] = field(default_factory=list)
    faults: list[FaultRecord] = field(default_factory=list)
    traffic: TrafficRecord | None = None

    def add_fault(self, fault: FaultRecord) -> None:
        self.faults.append(fault)

    def set_traffic(self, traffic: TrafficRecord | None) -> None:
        self.traffic = traffic

    def skip(self, message: str) -> None:
        """It does not count: not needed, or known to fail, and then none of its steps does."""
        if self.status == "passed":
            self.status, self.message = "skipped", message
            for step in self.steps:
                step.status = "skipped" if step.stopped else step.status

    def conclude(self, status: Status, message: str) -> None:
        """It did not pass; the first reason stays when others follow."""
        if self.status in {"passed", "skipped"}:
            self.status, self.message = status, message

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Scenario:
        faults = [FaultRecord.from_json(each) for each in row["faults"]]
        traffic = TrafficRecord(**row["traffic"]) if row["traffic"] else None
        steps = [Step(**step) for step in row["steps"]]
        return cls(**{**row, "steps": steps, "faults": faults, "traffic": traffic})


@dataclass(frozen=True, slots=True)
class Environment:
    """What the run was made with."""

    session: str
    provider: str
    machines: int
    seed: int
    started: float
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many scenarios ended how."""

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

    @property
    def summary(self) -> Summary:
        count = Counter[str](scenario.status for scenario in self.scenarios)
        return Summary(*(count[each.name] for each in fields(Summary)))

    @property
    def features(self) -> dict[str, list[Scenario]]:
        """Scenarios by feature, both in the order in which they first ended."""
        features: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            features.setdefault(scenario.feature, []).append(scenario)
        return features

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            **asdict(self.environment),
            "duration": self.duration,
            "summary": asdict(self.summary),
            "scenarios": [scenario.to_json() for scenario in self.scenarios],
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Report:
        """Raises ValueError for a report of another version."""
        if row.get("version") != VERSION:
            raise ValueError(f"a report of version {row.get('version')!r}, not {VERSION}")
        return cls(
            Environment(**{each.name: row[each.name] for each in fields(Environment)}),
            tuple(map(Scenario.from_json, row["scenarios"])),
            row["duration"],
        )
