"""The report's nouns; ``schema.json`` says the same for readers in other languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

VERSION = 1

Status = Literal["passed", "failed", "broken", "skipped", "undefined"]
STATUSES: tuple[Status, ...] = ("passed", "failed", "broken", "skipped", "undefined")
"""``failed``: the product did; ``broken``: nothing can be concluded."""


@dataclass(slots=True)
class Step:
    keyword: str
    text: str
    status: Status = "skipped"
    duration: float = 0.0
    message: str = ""


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
    at: float
    """Monotonic seconds, the timeline's clock."""
    bound: float
    bound_terms: tuple[str, ...]
    dominated_by: str
    recovered_after: float | None
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    requests: int
    failed: int
    longest_gap: float
    p50: float
    p99: float
    by_instance: dict[str, int]
    by_error: dict[str, int]


@dataclass(slots=True)
class Scenario:
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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Scenario:
        faults = [
            FaultRecord(**{**each, "stages": tuple(Stage(**stage) for stage in each["stages"])})
            for each in row["faults"]
        ]
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
class Report:
    environment: Environment
    scenarios: tuple[Scenario, ...]

    @property
    def summary(self) -> dict[str, int]:
        count = Counter(scenario.status for scenario in self.scenarios)
        return {status: count[status] for status in STATUSES}

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            **asdict(self.environment),
            "summary": self.summary,
            "scenarios": [scenario.to_json() for scenario in self.scenarios],
        }
