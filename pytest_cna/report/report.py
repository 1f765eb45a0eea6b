"""The report's data types; ``schema.json`` describes the same for readers in other languages.

Two clocks, both in seconds: ``started`` is Unix time; ``began`` and ``ended`` are monotonic, the
clock of ``timeline.jsonl`` and ``requests.jsonl``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from pytest_cna.judgement.headline import Headline, headline
from pytest_cna.report.older import upgraded
from pytest_cna.report.reading import plain, structure
from pytest_cna.report.scenario import Scenario
from pytest_cna.report.status import FAILED, STATUSES, Coverage

VERSION = 3


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
class Report:
    environment: Environment
    scenarios: tuple[Scenario, ...]
    duration: float = 0.0
    """Seconds since the run began."""
    coverage: tuple[Pair, ...] = ()
    """Every fault that can hit this deployment."""
    units: tuple[UnitRecord, ...] = ()
    """The deployment's units in start order."""
    recorded: Headline | None = field(default=None, compare=False)
    """The headline that was read with the report; None when it is not read but made."""

    @property
    def headline(self) -> Headline:
        """The verdict of the run, as it was recorded, else from its scenarios so far."""
        if self.recorded is not None:
            return self.recorded
        return headline(
            [each.traffic.experience for each in self.scenarios if each.traffic],
            failed=any(each.status is FAILED for each in self.scenarios),
            unjudged=any(each.status.bad for each in self.scenarios),
            judged=any(each.status.judged for each in self.scenarios),
        )

    @property
    def summary(self) -> dict[str, int]:
        """The number of scenarios with each status, by its name."""
        count = Counter(scenario.status.name for scenario in self.scenarios)
        return {name: count[name] for name in STATUSES}

    @property
    def counts(self) -> str:
        """The summary as text: ``3 passed, 1 failed``."""
        found = ", ".join(f"{number} {name}" for name, number in self.summary.items() if number)
        return found or "no scenario ran"

    @property
    def features(self) -> dict[str, list[Scenario]]:
        """Scenarios by feature, both in the order in which they ended."""
        features: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            features.setdefault(scenario.feature, []).append(scenario)
        return features

    def tried(self, pair: Pair, unit: str = "") -> Coverage:
        """The worst result of a pair; ``proven`` when all stages passed in passed
        scenarios. With ``unit``, for that unit only."""
        found: set[Coverage] = set()
        for scenario in self.scenarios:
            for fault in scenario.faults:
                if (fault.kind, fault.service) != (pair.kind, pair.service):
                    continue
                if unit and fault.unit != unit:
                    continue
                coverage = scenario.status.coverage
                if coverage != "proven" or fault.outcome == "passed":
                    found.add(coverage)
        order: tuple[Coverage, ...] = ("failed", "broken", "proven", "untried")
        return next((each for each in order if each in found), "untried")

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "environment": plain(self.environment),
            "duration": self.duration,
            "headline": plain(self.headline),
            "summary": self.summary,
            "coverage": plain(self.coverage),
            "units": plain(self.units),
            "scenarios": [scenario.to_json() for scenario in self.scenarios],
        }

    @classmethod
    def from_json(cls, row: Any) -> Report:  # noqa: ANN401 - whatever json gives
        """The report in JSON data, of this version or of version 2. Raises ValueError for one of
        another version or data that is not a report."""
        if not isinstance(row, dict):
            raise ValueError(f"a {type(row).__name__} is not a report")
        match row.get("version"):
            case 2:
                row = upgraded(row)
            case version if version != VERSION:
                raise ValueError(f"a report of version {version!r}, not 2 or {VERSION}")
        return structure(
            {
                **{each.name: row.get(each.name) for each in fields(cls)},
                "recorded": row.get("headline"),
            },
            cls,
        )
