"""The report's files and summary, from reports made by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import pytest_cna.report
from pytest_cna.report.files import save
from pytest_cna.report.junit import junit
from pytest_cna.report.model import (
    Environment,
    FaultRecord,
    Report,
    Scenario,
    Stage,
    Status,
    Step,
    Summary,
    TrafficRecord,
)
from pytest_cna.report.summary import WIDTH, lines

SCHEMA = json.loads(Path(pytest_cna.report.__file__).with_name("schema.json").read_text("utf-8"))
RUN = Environment("s", "local", 3, 7, 1.0, {"fleet": "1.0.0"})
STAGES = tuple(Stage(name, 0.25, 1234.5) for name in ("noticed", "scheduled", "running") * 5)
FAULT = FaultRecord(
    "machine loss", "core-1", "core-1", "u@1.service", 5.0, 40.0, ("a: 1",), "TTL", 10.5, STAGES
)
TRAFFIC = TrafficRecord(652, 3, 0.29, 0.1, 0.2, 0.3, {"u@1": 649}, {"Timeout": 3})


def scenario(status: Status = "passed", feature: str = "F", name: str = "S") -> Scenario:
    return Scenario(
        feature, name, ["t"], 1.0, status=status, steps=[Step("Given", "x", status, 0.5)]
    )


def full() -> Report:
    rich = scenario()
    rich.add_fault(FAULT)
    rich.set_traffic(TRAFFIC)
    return Report(RUN, (rich, scenario("failed", "G"), scenario("broken")), 12.5)


def test_json_round_trip() -> None:
    text = json.dumps(full().to_json())
    assert Report.from_json(json.loads(text)) == full()


def test_a_report_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2, not 1"):
        Report.from_json({**full().to_json(), "version": 2})


def test_the_schema_takes_the_model_and_nothing_else() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = json.loads(json.dumps(full().to_json()))
    jsonschema.validate(good, SCHEMA)
    for place in (good, good["summary"], good["scenarios"][0], good["scenarios"][0]["faults"][0]):
        key, value = place.popitem()
        with pytest.raises(jsonschema.ValidationError, match="is a required property"):
            jsonschema.validate(good, SCHEMA)
        place[key] = value
    good["scenarios"][0]["status"] = "pending"
    with pytest.raises(jsonschema.ValidationError, match="is not one of"):
        jsonschema.validate(good, SCHEMA)


def test_features_stay_together_in_whatever_order_their_scenarios_end() -> None:
    report = full()
    assert report.summary == Summary(passed=1, failed=1, broken=1)
    assert [suite.get("name") for suite in ElementTree.fromstring(junit(report))] == ["F", "G"]
    assert [line for line in lines(report) if line in {"F", "G"}] == ["F", "G"]


def test_junit_has_recovery_and_requests_as_properties() -> None:
    root = ElementTree.fromstring(junit(full()))
    found = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert found == {
        "machine loss of core-1: recovered after": "10.500",
        "machine loss of core-1: bound": "40.000",
        "requests": "652",
        "failed requests": "3",
        "longest gap": "0.290",
    }


def test_the_files_take_any_text(tmp_path: Path) -> None:
    odd = scenario("broken", "<&\x00\ud800>")
    odd.message = "]]>\x1b[31m\udcff\nmore"
    save(Report(RUN, (odd,)), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cucumber.json",
        "junit.xml",
        "report.json",
    ]
    (error,) = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("error")
    assert str(error.text).startswith("]]>")
    assert json.loads((tmp_path / "cucumber.json").read_text("utf-8"))[0]["name"] == "<&\x00?>"


def test_the_summary_fits_its_width() -> None:
    long = scenario("undefined", "f" * 200, "n" * 200)
    long.add_fault(FAULT)
    long.add_fault(replace(FAULT, subject="u" * 150, recovered_after=None))
    long.set_traffic(TRAFFIC)
    shown = list(lines(Report(RUN, (long,))))
    assert max(map(len, shown)) <= WIDTH
    text = " ".join(" ".join(shown).split())
    assert "machine loss: core-1 (bound 40.0, most of it TTL)" in text
    assert "running 0.2 => 10.5" in text
    assert "=> not recovered" in text
    assert "3 of 652 failed, gap 0.29" in text
