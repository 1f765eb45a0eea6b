"""Real runs of the repository's deployment that were recorded, and the recoveries in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from small_deployments import ROOT, deployment

from pytest_cna.core.events.clock import ClockEvent
from pytest_cna.core.events.container import ContainerCreated, ContainerStarted
from pytest_cna.core.events.fault import FaultHealing, FaultInjecting
from pytest_cna.core.events.line import event_of
from pytest_cna.core.fault_kinds import fault_kind
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.history import History
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.reached import stage_times
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario.traffic.records import from_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.core.events.event import Event
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.deployment import DeployedUnit

RUNS = ROOT / "tests" / "page" / "runs"
TERMS = TimeTerms(deployment("zurmo"), NATIVE, Measured(None, {}, 5.0))


@dataclass(frozen=True, eq=False)
class Run:
    """A recorded run."""

    events: Sequence[Event]
    records: Sequence[RequestRecord]

    @property
    def uncertainty(self) -> float:
        """Seconds by which machines' clocks were known at worst."""
        clocks = (event for event in self.events if isinstance(event, ClockEvent))
        return max((event.uncertainty for event in clocks), default=0.0)

    def recoveries(self) -> Iterator[Recovery]:
        """Of each fault, and of each undoing that is followed: of what was hit or, where that was a
        machine, of a unit on it."""
        for event in self.events:
            if isinstance(event, (FaultInjecting, FaultHealing)):
                kind = fault_kind(event.fault)
                followed = kind.undone_as if isinstance(event, FaultHealing) else kind
                if followed is not None:
                    unit = None if followed.of_machine else self._unit(event)
                    yield Recovery(
                        followed,
                        event.target,
                        unit,
                        event.machine,
                        event.monotonic,
                        bounds(followed, unit, TERMS),
                        parts=frozenset({unit.name, unit.container} if unit else ()),
                    )

    def _unit(self, event: FaultInjecting | FaultHealing) -> DeployedUnit:
        mains = [unit for unit in deployment("zurmo").units if unit.role == "main"]
        up = (ContainerStarted, ContainerCreated)
        there = {
            each.container
            for each in self.events
            if isinstance(each, up)
            and each.machine == event.machine
            and each.monotonic < event.monotonic
        }
        hit = [unit for unit in mains if event.target in {unit.name, unit.container}]
        return (hit or [unit for unit in mains if unit.container in there] or mains)[0]

    def times(self, recovery: Recovery, events: Sequence[Event] | None = None) -> dict[str, float]:
        """Stage → seconds after the fault; those that were reached. ``events``: in the place of
        those that were recorded."""
        timeline = Timeline()
        for event in self.events if events is None else events:
            timeline.record(event, at=event.monotonic)
        found = stage_times(History(recovery, timeline, self.records))
        times = {stage.name: found.after(stage) for stage in recovery.bounds}
        return {stage: after for stage, after in times.items() if after is not None}


@cache
def run(name: str) -> Run:
    lines = (RUNS / name / "timeline.jsonl").read_text("utf-8").splitlines()
    events = [event for event in map(event_of, lines) if event is not None]
    requests = (RUNS / name / "requests.jsonl").read_text("utf-8").splitlines()
    return Run(events, [record for record in map(from_line, filter(None, requests)) if record])


def names() -> list[str]:
    return sorted(path.parent.name for path in Path(RUNS).glob("*/timeline.jsonl"))
