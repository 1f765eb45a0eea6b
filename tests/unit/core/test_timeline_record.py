"""The timeline in memory and on disk."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.events.container import ContainerDied, ContainerEvent, ContainerStarted
from pytest_cna.core.events.discovery import DiscoveryUnreachable
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.line import event_of
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.redaction import Redactor
from pytest_cna.core.timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path


def test_an_event_has_the_moment_it_is_recorded_at() -> None:
    before = time.monotonic(), time.time()
    event = Timeline().record(MachineLost("core-1"))
    assert before[0] <= event.monotonic <= time.monotonic()
    assert event.wall - before[1] == pytest.approx(event.monotonic - before[0], abs=0.05)


def test_an_event_of_before_has_its_own_moment_on_both_clocks() -> None:
    at = time.monotonic() - 60
    event = Timeline().record(MachineLost("core-1"), at=at)
    assert event.monotonic == at
    assert event.wall == pytest.approx(time.time() - 60, abs=0.05)


def test_events_are_asked_for_by_class_subject_and_time() -> None:
    timeline = Timeline()
    died = timeline.record(ContainerDied("web.1", "core-1"), at=2.0)
    started = timeline.record(ContainerStarted("web.1", "core-1"), at=3.0)
    other = timeline.record(ContainerStarted("web.2", "core-1"), at=1.0)
    lost = timeline.record(MachineLost("core-1"), at=4.0)
    assert timeline.events(ContainerStarted) == [other, started]
    assert timeline.events(ContainerStarted, "web.1") == [started]
    assert timeline.events(ContainerEvent, "web.1") == [died, started]
    assert timeline.events(Event) == [other, died, started, lost]
    assert timeline.events(Event, since=3.0) == [started, lost]
    assert timeline.events((ContainerDied, MachineLost)) == [died, lost]


def test_events_are_on_disk_at_once_and_those_of_before_too(tmp_path: Path) -> None:
    path = tmp_path / "new" / "timeline.jsonl"
    timeline = Timeline()
    timeline.record(MachineLost("core-1"))
    timeline.write_to(path)
    timeline.record(MachineLost("core-2"))
    lines = path.read_text("utf-8").splitlines()
    assert [event_of(line) for line in lines] == timeline.events(Event)
    timeline.close()
    timeline.close()
    timeline.record(MachineLost("core-3"))
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_secrets_are_taken_out_of_what_is_written_alone(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    timeline = Timeline(redact=Redactor({"correct-horse"}))
    said = DiscoveryUnreachable("correct-horse:2379", error="password=hunter22, correct-horse")
    timeline.record(said)
    timeline.write_to(path)
    timeline.record(said)
    assert timeline.events(DiscoveryUnreachable) == [said, said]
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert row["subject"] == "[redacted]:2379"
        assert row["data"] == {"error": "password=[redacted], [redacted]"}
    timeline.close()
