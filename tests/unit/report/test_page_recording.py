"""What a run left, read for the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from recorded import recorded
from reports import full, scenario

from pytest_cna.core.events.container import ContainerDied, ContainerEvent, ContainerStarted
from pytest_cna.core.events.event import Event
from pytest_cna.core.model import RequestRecord
from pytest_cna.report.page import render
from pytest_cna.report.page.recording import read_recording
from pytest_cna.report.status import BROKEN


def event(at: float, kind: type[ContainerEvent] = ContainerStarted) -> Event:
    return kind("web.1", "core-1", monotonic=at, wall=at)


def request(start: float, duration: float = 0.5) -> RequestRecord:
    return RequestRecord(start, duration, 1, "list", "GET", 200, "web@1", "")


def test_a_scenario_is_on_the_track_of_its_worker(tmp_path: Path) -> None:
    first, second = scenario(), scenario()
    first.worker, second.worker = "gw0", "gw1"
    report = replace(full(), scenarios=(first, second))
    recorded(tmp_path / "gw0", report, [event(1.0)])
    recorded(tmp_path / "gw1", report, [event(2.5, ContainerDied), event(1.5)], [request(2.0)])
    recorded(tmp_path, report)
    found = read_recording(tmp_path)
    assert [each.kind for each in found.track(first).events] == ["start"]
    # in time order, however they were written
    assert [each.kind for each in found.track(second).events] == ["start", "die"]
    start, end = found.window(second)
    cut = found.track(second).window(start, end)
    assert [each.kind for each in cut.events] == ["die"]
    assert len(cut.requests) == 1


def test_a_killed_scenario_ends_with_the_last_that_is_known(tmp_path: Path) -> None:
    killed = scenario(BROKEN)
    killed.ended = None
    report = replace(full(), scenarios=(killed,))
    recorded(tmp_path, report, [event(5.0)], [request(6.0)])
    assert read_recording(tmp_path).window(killed) == (2.0, 6.5)


def test_lines_that_cannot_be_read_are_passed_over_and_counted(tmp_path: Path) -> None:
    recorded(tmp_path, full(), [event(2.5)])
    with (tmp_path / "timeline.jsonl").open("a", encoding="utf-8") as file:
        file.write('[]\n{"monotonic": NaN}\n{"monotonic": 3.0, "wall"')
    found = read_recording(tmp_path).tracks[""]
    assert (len(found.events), found.unreadable) == (1, 3)
    assert "3 lines of timeline.jsonl and requests.jsonl could not be read" in render(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, full())
    row = {**full().to_json(), "version": 99}
    (tmp_path / "report.json").write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(ValueError, match="version 99"):
        render(tmp_path)


def test_without_a_report_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        render(tmp_path)
