"""The recorded runs (``tests/page/runs/README.md``), and their events as the files have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RUNS = Path(__file__).parents[1] / "page/runs"
ALL = sorted(path.parent.name for path in RUNS.glob("*/report.json"))
LINKS = {
    "fleet": "fleet",
    "systemd": "systemd",
    "docker": "Docker",
    "application": "application",
    "etcd": "etcd",
    "confd": "confd",
    "reload": "HAProxy",
    "haproxy": "HAProxy",
}
"""Run → the link that was broken in it by hand."""


def scenarios(run: str) -> list[dict[str, Any]]:
    report = json.loads((RUNS / run / "report.json").read_text("utf-8"))
    return list(report["scenarios"])


def events(run: str, scenario: dict[str, Any], **wanted: object) -> list[dict[str, Any]]:
    """Of a scenario, in time order; ``after`` seconds are since the scenario began."""
    lines = (RUNS / run / "timeline.jsonl").read_text("utf-8").splitlines()
    end = scenario["ended"] or float("inf")
    found = [json.loads(line) for line in lines]
    return sorted(
        (
            {**event, "after": event["monotonic"] - scenario["began"]}
            for event in found
            if scenario["began"] <= event["monotonic"] <= end
            and all(event[key] == value for key, value in wanted.items())
        ),
        key=lambda event: float(event["monotonic"]),
    )


def requests(run: str, scenario: dict[str, Any]) -> list[dict[str, Any]]:
    lines = (RUNS / run / "requests.jsonl").read_text("utf-8").splitlines()
    end = scenario["ended"] or float("inf")
    found = [json.loads(line) for line in lines]
    return [each for each in found if scenario["began"] <= each["start"] <= end]
