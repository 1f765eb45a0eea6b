"""Cucumber's JSON report. The format lacks some statuses: such a step has the nearest one, and
its message says what it means. A broken step is ``failed``: "could not be judged"."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_cna.report.status import PASSED

if TYPE_CHECKING:
    from pytest_cna.report.records import Attachment
    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario, Step
    from pytest_cna.report.status import Status


def cucumber(report: Report) -> list[dict[str, Any]]:
    used = Counter[str]()
    return [
        {
            "keyword": "Feature",
            "id": _slug(feature),
            "name": feature,
            "description": scenarios[0].narrative,
            "uri": scenarios[0].uri,
            "line": 1,
            "tags": [],
            "elements": [_element(feature, scenario, used) for scenario in scenarios],
        }
        for feature, scenarios in report.features.items()
    ]


def _element(feature: str, scenario: Scenario, used: Counter[str]) -> dict[str, Any]:
    began = datetime.fromtimestamp(scenario.started, UTC)
    name = f"{scenario.rule}: {scenario.name}" if scenario.rule else scenario.name
    identity = f"{_slug(feature)};{_slug(name)}"
    used[identity] += 1
    return {
        "keyword": "Scenario",
        "type": "scenario",
        "id": identity if used[identity] == 1 else f"{identity};{used[identity]}",
        "name": name,
        "description": scenario.description,
        "line": scenario.line,
        "start_timestamp": f"{began.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z",
        "tags": [{"name": f"@{tag}", "line": scenario.line} for tag in scenario.tags],
        "steps": [_step(step, scenario) for step in scenario.steps],
        **_around(scenario),
    }


def _around(scenario: Scenario) -> dict[str, Any]:
    """Hooks with failures outside of the steps, which a viewer would not see otherwise, and with
    the attachments."""
    hooks: dict[str, list[dict[str, Any]]] = {}
    if scenario.outside:
        result = _result(scenario.status, 0.0, scenario.explained)
        hooks[scenario.outside] = [{"match": {"location": ""}, "result": result}]
    if scenario.attachments:
        hooks.setdefault("after", []).append(
            {
                "match": {"location": ""},
                "result": _result(PASSED, 0.0, ""),
                "embeddings": [_embedding(each) for each in scenario.attachments],
            }
        )
    return hooks


def _embedding(attachment: Attachment) -> dict[str, Any]:
    text = attachment.text.encode(errors="replace")
    return {
        "mime_type": attachment.media_type,
        "name": attachment.name,
        "data": b64encode(text).decode("ascii"),
    }


def _step(step: Step, scenario: Scenario) -> dict[str, Any]:
    found: dict[str, Any] = {
        "keyword": f"{step.keyword} ",
        "name": step.text,
        "line": step.line,
        "match": {"location": f"{scenario.uri}:{step.line}"},
        "result": _result(step.status, step.duration, scenario.words_of(step)),
    }
    if step.table:
        found["rows"] = [{"cells": cells} for cells in step.table]
    if step.docstring is not None:
        found["doc_string"] = {"value": step.docstring, "content_type": "", "line": step.line}
    return found


def _result(status: Status, seconds: float, message: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "status": status.cucumber,
        "duration": round(seconds * 1e9),
    }
    if message:
        result["error_message"] = status.message(message)
    return result


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")
