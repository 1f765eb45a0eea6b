"""Cucumber's JSON as its viewers take it; it has no word for ``broken``, which is failed there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_cna.report.model import Report, Scenario, Status, Step


def cucumber(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "keyword": "Feature",
            "id": _slug(feature),
            "name": feature,
            "description": scenarios[0].narrative,
            "uri": scenarios[0].uri,
            "line": 1,
            "elements": [_element(feature, scenario) for scenario in scenarios],
        }
        for feature, scenarios in report.features.items()
    ]


def _element(feature: str, scenario: Scenario) -> dict[str, Any]:
    began = datetime.fromtimestamp(scenario.started, UTC)
    return {
        "keyword": "Scenario",
        "type": "scenario",
        "id": f"{_slug(feature)};{_slug(scenario.name)}",
        "name": scenario.name,
        "description": "",
        "line": scenario.line,
        "start_timestamp": f"{began.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z",
        "tags": [{"name": f"@{tag}", "line": scenario.line} for tag in scenario.tags],
        "steps": [_step(step, scenario.line) for step in scenario.steps],
        **_around(scenario),
    }


def _around(scenario: Scenario) -> dict[str, Any]:
    """What failed outside the steps: a viewer, which judges by steps and hooks, has to see it."""
    inside = {step.status for step in scenario.steps}
    if scenario.status in {"passed", "skipped"} or inside & {"failed", "broken", "undefined"}:
        return {}
    hook = "after" if "passed" in inside else "before"
    result = _result(scenario.status, 0.0, scenario.message)
    return {hook: [{"match": {"location": ""}, "result": result}]}


def _step(step: Step, line: int) -> dict[str, Any]:
    return {
        "keyword": f"{step.keyword} ",
        "name": step.text,
        "line": line,
        "match": {"location": ""},
        "result": _result(step.status, step.duration, step.message),
    }


def _result(status: Status, seconds: float, message: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "status": "failed" if status == "broken" else status,
        "duration": round(seconds * 1e9),
    }
    if message:
        result["error_message"] = message
    return result


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")
