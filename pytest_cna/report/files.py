"""The report's files: ``report.json``, ``junit.xml``, ``cucumber.json``; each whole at any time."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.report.model import Report, Scenario, Step

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""
KINDS = {"failed": "failure", "broken": "error", "undefined": "error", "skipped": "skipped"}


def save(report: Report, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / "report.json", _json(report.to_json()))
    _replace(directory / "junit.xml", junit(report))
    _replace(directory / "cucumber.json", _json(cucumber(report)))


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def _json(value: Any) -> str:  # noqa: ANN401 - whatever json takes
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _by_feature(report: Report) -> dict[str, list[Scenario]]:
    features: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in report.scenarios:
        features[scenario.feature].append(scenario)
    return features


def junit(report: Report) -> str:
    """One suite a feature. ``broken`` and ``undefined`` are errors, ``failed`` is a failure."""
    root = ElementTree.Element("testsuites", name="pytest-cna")
    for feature, scenarios in _by_feature(report).items():
        kinds = [KINDS.get(scenario.status) for scenario in scenarios]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(feature),
            tests=str(len(scenarios)),
            failures=str(kinds.count("failure")),
            errors=str(kinds.count("error")),
            skipped=str(kinds.count("skipped")),
            time=f"{sum(scenario.duration for scenario in scenarios):.3f}",
        )
        for scenario in scenarios:
            _junit_case(suite, scenario)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _junit_case(suite: ElementTree.Element, scenario: Scenario) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(scenario.feature),
        name=_xml(scenario.name),
        time=f"{scenario.duration:.3f}",
    )
    properties = _properties(scenario)
    if properties:
        parent = ElementTree.SubElement(case, "properties")
        for name, value in properties:
            ElementTree.SubElement(parent, "property", name=_xml(name), value=_xml(value))
    if scenario.status in KINDS:
        outcome = ElementTree.SubElement(case, KINDS[scenario.status])
        outcome.set("message", _xml(scenario.message.partition("\n")[0]))
        outcome.set("type", scenario.status)
        outcome.text = _xml(scenario.message)


def _properties(scenario: Scenario) -> list[tuple[str, str]]:
    found = []
    for fault in scenario.faults:
        what = f"{fault.kind} of {fault.subject}"
        after = "never" if fault.recovered_after is None else f"{fault.recovered_after:.3f}"
        found += [(f"{what}: recovered after", after), (f"{what}: bound", f"{fault.bound:.3f}")]
    if scenario.traffic:
        found += [
            ("requests", str(scenario.traffic.requests)),
            ("failed requests", str(scenario.traffic.failed)),
            ("longest gap", f"{scenario.traffic.longest_gap:.3f}"),
        ]
    return found


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)


def cucumber(report: Report) -> list[dict[str, Any]]:
    """Cucumber's JSON as its viewers take it; it has no word for ``broken``, which is failed."""
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
        for feature, scenarios in _by_feature(report).items()
    ]


def _element(feature: str, scenario: Scenario) -> dict[str, Any]:
    return {
        "keyword": "Scenario",
        "type": "scenario",
        "id": f"{_slug(feature)};{_slug(scenario.name)}",
        "name": scenario.name,
        "description": "",
        "line": scenario.line,
        "tags": [{"name": f"@{tag}", "line": scenario.line} for tag in scenario.tags],
        "steps": [_cucumber_step(step, scenario.line) for step in scenario.steps],
    }


def _cucumber_step(step: Step, line: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "status": "failed" if step.status == "broken" else step.status,
        "duration": round(step.duration * 1e9),
    }
    if step.message:
        result["error_message"] = step.message
    return {
        "keyword": f"{step.keyword} ",
        "name": step.text,
        "line": line,
        "match": {"location": ""},
        "result": result,
    }


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")
