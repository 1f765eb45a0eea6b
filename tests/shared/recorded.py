"""A run's directory, made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.events.line import line_of
from pytest_cna.scenario.traffic.records import to_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.core.events.event import Event
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.report.report import Report


def recorded(
    directory: Path,
    report: Report,
    events: Iterable[Event] = (),
    requests: Iterable[RequestRecord] = (),
) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.to_json())
    (directory / "report.json").write_text(text, encoding="utf-8")
    lines = "".join(map(line_of, events))
    (directory / "timeline.jsonl").write_text(lines, encoding="utf-8")
    sent = "".join(map(to_line, requests))
    (directory / "requests.jsonl").write_text(sent, encoding="utf-8")
    return directory
