"""JUnit XML: a suite for each feature. The table of statuses says which is a failure or an error.

It follows the schema of Jenkins' xUnit plugin, the strictest of those in use.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""


def junit(report: Report) -> str:
    root = ElementTree.Element("testsuites", name="pytest-cna")
    for feature, scenarios in report.features.items():
        kinds = [scenario.status.junit for scenario in scenarios]
        began = datetime.fromtimestamp(min(each.started for each in scenarios), UTC)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(feature),
            tests=str(len(scenarios)),
            failures=str(kinds.count("failure")),
            errors=str(kinds.count("error")),
            skipped=str(kinds.count("skipped")),
            time=f"{sum(scenario.duration for scenario in scenarios):.3f}",
            timestamp=f"{began:%Y-%m-%dT%H:%M:%S}",
        )
        found = [
            (f"{scenario.name}: {name}", value)
            for scenario in scenarios
            for name, value in figures(scenario)
        ]
        if found:
            # in the suite: Jenkins' schema does not allow them in a testcase
            parent = ElementTree.SubElement(suite, "properties")
            for name, value in found:
                ElementTree.SubElement(parent, "property", name=_xml(name), value=_xml(value))
        for scenario in scenarios:
            _case(suite, scenario)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, scenario: Scenario) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(scenario.feature),
        name=_xml(scenario.name),
        time=f"{scenario.duration:.3f}",
    )
    if scenario.status.junit:
        outcome = ElementTree.SubElement(case, scenario.status.junit)
        outcome.set("message", _xml(scenario.message.partition("\n")[0]))
        outcome.set("type", scenario.status.name)
        outcome.text = _xml(scenario.explained)
    lines = [f"{name}: {value}" for name, value in figures(scenario)]
    if lines:
        ElementTree.SubElement(case, "system-out").text = _xml("\n".join(lines))


def figures(scenario: Scenario) -> list[tuple[str, str]]:
    """Names and values of a scenario's figures; times in seconds."""
    found = []
    for fault in scenario.faults:
        what = f"{fault.kind} of {fault.subject}"
        after = "never" if fault.recovered_after is None else f"{fault.recovered_after:.3f}"
        found += [
            (f"{what}: outcome", fault.outcome),
            (f"{what}: recovered after", after),
            (f"{what}: bound", f"{fault.bound:.3f}"),
        ]
    found += [(verdict.name, verdict.outcome) for verdict in scenario.verdicts]
    if scenario.traffic:
        found += [
            ("requests", str(scenario.traffic.requests)),
            ("failed requests", str(scenario.traffic.failed)),
            ("longest gap", f"{scenario.traffic.longest_gap:.3f}"),
            ("customers noticed", "; ".join(scenario.traffic.noticed) or "nothing"),
        ]
    return found


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)
