"""Reading a run's directory for the page; the last line of a killed run may be incomplete."""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.events.line import event_of
from pytest_cna.core.model import RequestRecord
from pytest_cna.report.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_cna.core.events.event import Event
    from pytest_cna.report.scenario import Scenario

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Track:
    """One cluster's timeline, in time order, and its customers' requests, by their start."""

    events: Sequence[Event]
    requests: Sequence[RequestRecord]
    unreadable: int = 0
    """Lines that are neither an event nor a request."""

    def window(self, start: float, end: float) -> Track:
        """The events and requests from ``start`` to ``end`` (monotonic seconds, inclusive)."""
        return Track(
            _between(self.events, lambda event: event.monotonic, start, end),
            _between(self.requests, lambda request: request.start, start, end),
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole run. ``tracks`` by pytest-xdist worker, "" without one."""

    report: Report
    tracks: Mapping[str, Track]

    def window(self, scenario: Scenario) -> tuple[float, float]:
        """Start and end of a scenario (monotonic seconds); one that was killed ends with its last
        record."""
        if scenario.ended is not None:
            return scenario.began, max(scenario.began, scenario.ended)
        track = self.track(scenario)
        last = max((event.monotonic for event in track.events[-1:]), default=scenario.began)
        served = max((request.end for request in track.requests[-50:]), default=last)
        return scenario.began, max(scenario.began + scenario.duration, last, served)

    def track(self, scenario: Scenario) -> Track:
        return self.tracks.get(scenario.worker, Track((), ()))


def read_recording(directory: Path) -> Recording:
    """Read the run in ``directory``. Raises OSError without a ``report.json``, ValueError for a
    file that is not a report or of another version."""
    report = Report.from_json(json.loads((directory / "report.json").read_text("utf-8")))
    workers = {"", *(scenario.worker for scenario in report.scenarios)}
    return Recording(report, {each: _track(directory / each) for each in sorted(workers)})


def _track(place: Path) -> Track:
    events, bad_events = _lines(place / "timeline.jsonl", event_of)
    requests, bad_requests = _lines(place / "requests.jsonl", _request)
    return Track(
        sorted(events, key=lambda event: event.monotonic),
        sorted(requests, key=lambda request: request.start),
        bad_events + bad_requests,
    )


def _request(line: str) -> RequestRecord:
    request = RequestRecord(**json.loads(line))
    if not (math.isfinite(request.start) and math.isfinite(request.duration)):
        raise ValueError("a request without a time")
    return request


def _lines(path: Path, made: Callable[[str], T]) -> tuple[list[T], int]:
    """The readable lines as objects, and the number of unreadable ones."""
    found: list[T] = []
    unreadable = 0
    for line in _text(path):
        try:
            found.append(made(line))
        except (ValueError, TypeError):
            unreadable += 1
    return found, unreadable


def _text(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            yield from (line for line in file if line.strip())


def _between(
    rows: Sequence[T], time_of: Callable[[T], float], start: float, end: float
) -> Sequence[T]:
    return rows[bisect_left(rows, start, key=time_of) : bisect_right(rows, end, key=time_of)]
