"""The payload of a scenario: lanes, faults, steps, events and requests for the page's scripts.

Its times are whole milliseconds since the scenario began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_cna.core.events.fault import FaultEvent, FaultHealed, FaultHealing, FaultInjecting
from pytest_cna.report.page.lanes import shortened
from pytest_cna.report.page.payload import Strings
from pytest_cna.report.page.series import rate, shown, thinned
from pytest_cna.report.page.states import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.events.event import Event
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.report.page.lanes import Group, Lanes
    from pytest_cna.report.page.recording import Track
    from pytest_cna.report.scenario import Scenario

FAILURES = 200
"""Most failed requests that are listed."""
SPANS = 500
"""Most spans of a lane."""
TEXT = 400
"""Most characters of one value of an event."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most events and dots of a scenario in the page."""

    events: int
    points: int


@dataclass(frozen=True, slots=True)
class ScenarioPayload:
    """A scenario from ``start`` to ``end``, in monotonic seconds of its own process."""

    scenario: Scenario
    track: Track
    start: float
    end: float
    groups: Sequence[Group]

    def to_json(self, limits: Limits) -> dict[str, Any]:
        strings = Strings()
        return {
            "length": self._ms(self.end),
            "wall": round(self.scenario.started * 1000),
            "groups": [self._group(group, strings) for group in self.groups],
            "faults": self._faults(),
            "steps": self._steps(),
            "rate": self._rate(),
            "points": self._points(limits.points),
            "failures": self._failures(),
            "events": self._events(limits.events, strings),
            "notes": self._notes(limits),
            "tones": list(TONES),
            "strings": strings.all,
        }

    def _ms(self, at: float) -> int:
        return round((at - self.start) * 1000)

    @property
    def _first_fault(self) -> float:
        """The time of the first fault, else the scenario's start; earlier changes are not
        marked."""
        events = self.track.events
        faults = (event.monotonic for event in events if isinstance(event, FaultEvent))
        return next(faults, self.start)

    def _group(self, group: Group, strings: Strings) -> dict[str, Any]:
        grain = (self.end - self.start) / 2000
        return {
            "kind": group.kind,
            "name": group.name,
            "title": group.title,
            "changed": group.changed(self._first_fault),
            "lanes": [
                {
                    "label": lane.label,
                    "spans": [
                        [
                            self._ms(span.start),
                            self._ms(self.end if span.end is None else span.end),
                            TONES.index(span.state.tone),
                            strings.number(span.state.words[:TEXT]),
                        ]
                        for span in shortened(lane.spans, SPANS, grain)
                    ],
                }
                for lane in group.lanes
            ],
        }

    def _faults(self) -> list[dict[str, Any]]:
        """Faults, from the start of the injection to the end of the healing."""
        found: list[dict[str, Any]] = []
        for event in self.track.events:
            if not isinstance(event, FaultEvent):
                continue
            at, what = self._ms(event.monotonic), f"{event.fault}: {event.target}"
            if isinstance(event, FaultInjecting):
                found.append({"at": at, "healing": None, "until": None, "what": what})
            elif isinstance(event, FaultHealing | FaultHealed):
                field = "healing" if isinstance(event, FaultHealing) else "until"
                for fault in reversed(found):
                    if fault["what"] == what and fault[field] is None:
                        fault[field] = at
                        break
        return found

    def _steps(self) -> list[dict[str, Any]]:
        return [
            {
                "at": self._ms(step.began),
                "until": self._ms(step.began + step.duration),
                "text": f"{step.keyword} {step.text}",
                "status": step.status.name,
            }
            for step in self.scenario.steps
            if step.began is not None
        ]

    def _rate(self) -> dict[str, Any]:
        found = rate(self.track.requests, self.start, self.end)
        return {"step": found.step, "good": list(found.good), "failed": list(found.failed)}

    def _points(self, most: int) -> list[list[int]]:
        """Lists of start, duration and whether it failed, for the drawn requests."""
        points = shown(self.track.requests, most)
        return [
            [self._ms(point.start) for point in points],
            [round(point.duration * 1000) for point in points],
            [int(point.failed) for point in points],
        ]

    def _failures(self) -> list[list[Any]]:
        failed = [request for request in self.track.requests if request.failed]
        return [self._failure(request) for request in thinned(failed, FAILURES)]

    def _failure(self, request: RequestRecord) -> list[Any]:
        ms = round(request.duration * 1000)
        words = f"customer {request.customer}: {request.action} ({request.method})"
        return [self._ms(request.start), ms, words, request.error[:TEXT], request.served_by[:TEXT]]

    def _events(self, most: int, strings: Strings) -> list[list[int]]:
        return [self._row(event, strings) for event in self.track.events[:most]]

    def _row(self, event: Event, strings: Strings) -> list[int]:
        data = ", ".join(f"{key}={str(value)[:TEXT]}" for key, value in event.data.items())
        return [
            self._ms(event.monotonic),
            strings.number(event.source[:TEXT]),
            strings.number(event.kind[:TEXT]),
            strings.number(event.subject[:TEXT]),
            strings.number(data),
        ]

    def _notes(self, limits: Limits) -> list[str]:
        """Notes on what is not drawn or listed."""
        notes, requests, events = [], len(self.track.requests), len(self.track.events)
        failed = sum(request.failed for request in self.track.requests)
        if requests > limits.points:
            notes.append(
                f"Of {requests:,} requests about {limits.points:,} are drawn as dots: of each "
                "short time the fastest, the median and the slowest answer, the failed evenly. "
                "Requests per second count all of them."
            )
        if failed > FAILURES:
            notes.append(f"Of {failed:,} failed requests {FAILURES} are listed, evenly.")
        if events > limits.events:
            notes.append(
                f"Of {events:,} events the first {limits.events:,} are listed; lanes show all. "
                "The rest is in timeline.jsonl."
            )
        if any(len(lane.spans) > SPANS for group in self.groups for lane in group.lanes):
            notes.append("Very short states that follow each other are drawn as one.")
        return notes


def scenario_payload(
    scenario: Scenario, track: Track, lanes: Lanes, start: float, end: float
) -> ScenarioPayload:
    """The payload of the part of ``track`` and ``lanes`` from ``start`` to ``end``."""
    return ScenarioPayload(scenario, track.window(start, end), start, end, lanes.window(start, end))
