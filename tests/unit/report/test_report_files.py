"""The report's files and summary, from reports made by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import xmlschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from reports import ATTACHMENT, FAULT, RUN, SCHEMA, TRAFFIC, failed, full, odd, rich, scenario

from pytest_cna.report.cucumber import cucumber
from pytest_cna.report.files import load, save, write_job_summary
from pytest_cna.report.junit import junit
from pytest_cna.report.markdown import markdown
from pytest_cna.report.messages import ndjson
from pytest_cna.report.openmetrics import openmetrics
from pytest_cna.report.records import VerdictRecord
from pytest_cna.report.report import Report
from pytest_cna.report.status import FAILED, PASSED, STATUSES, UNDEFINED
from pytest_cna.report.summary import WIDTH, lines

XSD = xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))


def counted(**numbers: int) -> dict[str, int]:
    return dict.fromkeys(STATUSES, 0) | numbers


def test_json_round_trip() -> None:
    text = json.dumps(full().to_json())
    assert Report.from_json(json.loads(text)) == full()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 1}, "version 1, not 2 or 3"),
        ({"scenarios": [{}]}, "scenarios"),
        ({"duration": "long"}, "duration"),
        ({"environment": None}, "environment"),
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Report.from_json({**full().to_json(), **change})


def test_the_schema_takes_the_model_and_nothing_else() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = json.loads(json.dumps(full().to_json()))
    jsonschema.validate(good, SCHEMA)
    first, second = good["scenarios"][0], good["scenarios"][1]
    for place in (
        good,
        good["summary"],
        good["environment"],
        good["coverage"][0],
        good["units"][0],
        first,
        first["steps"][0],
        first["faults"][0],
        good["headline"],
        first["faults"][0]["stages"][0],
        first["faults"][0]["stages"][0]["terms"][0],
        first["verdicts"][0],
        first["traffic"],
        first["attachments"][0],
        second["diagnosis"]["links"][0],
    ):
        key, value = place.popitem()
        with pytest.raises(jsonschema.ValidationError, match="is a required property"):
            jsonschema.validate(good, SCHEMA)
        place[key] = value
    first["status"] = "pending"
    with pytest.raises(jsonschema.ValidationError, match="is not one of"):
        jsonschema.validate(good, SCHEMA)


def test_features_stay_together_in_whatever_order_their_scenarios_end() -> None:
    report = full()
    assert report.summary == counted(passed=1, failed=1, broken=1)
    assert [suite.get("name") for suite in ElementTree.fromstring(junit(report))] == ["F", "G"]
    assert [line for line in lines(report) if line in {"F", "G"}] == ["F", "G"]
    assert any("the clock of core-2 was 0.8 s behind" in line for line in lines(report))


@pytest.mark.parametrize("count", [5, 6])
def test_the_summary_says_what_a_verdict_rests_on(count: int) -> None:
    bad = scenario(FAILED)
    evidence = tuple(f"line {number}" for number in range(count))
    bad.add_verdict(VerdictRecord("unharmed", "failed", "a server was unrouted", evidence))
    said = [line.strip() for line in lines(Report(RUN, (bad,)))]
    start = said.index("failed: a server was unrouted") + 1
    assert said[start : start + count] == [*evidence[:5], "and 1 more"][:count]


def test_junit_has_recovery_and_requests_as_properties() -> None:
    root = ElementTree.fromstring(junit(full()))
    found = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert found == {
        "R: machine loss of core-1: outcome": "passed",
        "R: machine loss of core-1: recovered after": "10.500",
        "R: machine loss of core-1: bound": "40.000",
        "R: requests": "652",
        "R: failed requests": "3",
        "R: longest gap": "0.290",
        "R: customers noticed": "3 of 652 requests failed",
        "R: one entry": "passed",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "it is not up"
    assert "broken  systemd       failed/failed" in str(failure.text)


@pytest.mark.parametrize("report", [full(), Report(RUN, (odd(),)), Report(RUN, ())])
def test_jenkins_takes_junit(report: Report) -> None:
    XSD.validate(junit(report))


def test_jenkins_schema_refuses_what_jenkins_refuses() -> None:
    root = ElementTree.fromstring(junit(full()))
    case = root.find(".//testcase")
    assert case is not None
    case.append(ElementTree.Element("properties"))
    assert not XSD.is_valid(root)


def test_cucumber_has_tables_docstrings_and_attachments() -> None:
    element = cucumber(full())[0]["elements"][0]
    assert element["steps"][1]["rows"] == [{"cells": ["a", "b"]}, {"cells": ["1", "2"]}]
    assert element["steps"][2]["doc_string"]["value"] == "long\ntext"
    (embedding,) = element["after"][0]["embeddings"]
    assert b64decode(embedding["data"]).decode() == ATTACHMENT.text
    step = cucumber(full())[1]["elements"][0]["steps"][0]
    assert "hangs at systemd" in step["result"]["error_message"]


def test_cucumber_names_each_scenario_apart() -> None:
    ((feature),) = cucumber(Report(RUN, (scenario(), scenario(), scenario())))
    assert len({element["id"] for element in feature["elements"]}) == 3


def test_messages_refer_to_one_another() -> None:
    envelopes = [json.loads(line) for line in ndjson(full()).split("\n") if line]
    kinds = [kind for envelope in envelopes for kind in envelope]
    assert kinds[0] == "meta"
    assert kinds[-1] == "testRunFinished"
    assert envelopes[-1]["testRunFinished"]["success"] is False
    assert kinds.count("pickle") == kinds.count("testCaseFinished") == 3
    steps = {
        step["id"]: step
        for envelope in envelopes
        if "testCase" in envelope
        for step in envelope["testCase"]["testSteps"]
    }
    finished = [each["testStepFinished"] for each in envelopes if "testStepFinished" in each]
    assert sorted(each["testStepId"] for each in finished) == sorted(steps)
    results = [each["testStepResult"]["status"] for each in finished]
    assert sorted(set(results)) == ["FAILED", "PASSED", "SKIPPED"]
    (attachment,) = (each["attachment"] for each in envelopes if "attachment" in each)
    assert attachment["body"] == ATTACHMENT.text
    assert "hookId" in steps[attachment["testStepId"]]
    document = envelopes[1]["gherkinDocument"]
    assert document["feature"]["children"][0]["rule"]["name"] == "A rule"


def test_openmetrics_is_read_by_prometheus() -> None:
    families = {each.name: each for each in text_string_to_metric_families(openmetrics(full()))}
    (recovery,) = families["cna_recovery_seconds"].samples
    assert recovery.value == 10.5
    (outcome,) = families["cna_recovery_outcome"].samples
    assert (outcome.value, outcome.labels["outcome"]) == (1, "passed")
    (run,) = families["cna_run"].samples
    assert run.labels["verdict"] == "not resilient"
    assert recovery.labels["fault"] == "machine loss"
    assert [each.value for each in families["cna_failed_requests"].samples] == [3]
    statuses = {each.labels["status"]: each.value for each in families["cna_scenarios"].samples}
    assert statuses == counted(passed=1, failed=1, broken=1)


def test_openmetrics_says_everything_once() -> None:
    twice = Report(RUN, (rich(), rich()))
    families = list(text_string_to_metric_families(openmetrics(twice)))
    for family in families:
        keys = [(each.name, tuple(sorted(each.labels.items()))) for each in family.samples]
        assert len(keys) == len(set(keys))


def test_markdown_tells_what_happened() -> None:
    text = markdown(full())
    assert text.startswith("## Not resilient\n\n1 passed, 1 failed, 1 broken.\n")
    assert "10.5 s of at most 40.0 s" in text
    assert "<details><summary>S</summary>" in text


def test_markdown_takes_no_text_for_its_own() -> None:
    bad = scenario(FAILED, name="a | b <script> [x](y)")
    bad.message = "````\n</details>"
    text = markdown(Report(RUN, (bad,)))
    assert r"a \| b \<script\> \[x\](y)" in text
    assert "\n`````\n````\n</details>\n`````\n" in text


def test_a_job_gets_its_summary(tmp_path: Path) -> None:
    page = tmp_path / "summary"
    page.write_text("before\n")
    write_job_summary(full(), {"GITHUB_STEP_SUMMARY": str(page)})
    assert page.read_text("utf-8").startswith("before\n## Not resilient")
    write_job_summary(full(), {"GITHUB_STEP_SUMMARY": str(tmp_path / "not" / "there")})
    write_job_summary(full(), {})


def test_the_files_take_any_text(tmp_path: Path) -> None:
    report = Report(RUN, (odd(), failed()))
    save(report, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cucumber.json",
        "junit.xml",
        "report.json",
    ]
    errors = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("error")
    assert str(next(errors).text).startswith("]]>")
    json.loads((tmp_path / "cucumber.json").read_text("utf-8"))
    assert load(tmp_path).summary == report.summary
    assert list(text_string_to_metric_families(openmetrics(report)))
    for text in (ndjson(report), markdown(report)):
        assert text.encode(errors="replace")


def test_the_summary_fits_its_width() -> None:
    long = scenario(UNDEFINED, "f" * 200, "n" * 200)
    long.add_fault(FAULT)
    lost = replace(FAULT.stages[0], after=None, outcome="failed")
    long.add_fault(replace(FAULT, subject="u" * 150, recovered_after=None, stages=(lost,)))
    late = replace(FAULT.stages[0], outcome="failed")
    long.add_fault(replace(FAULT, stages=(late,)))
    long.set_traffic(replace(TRAFFIC, slow=21))
    long.add_verdict(VerdictRecord("one entry", "failed", "an entry is missing"))
    shown = list(lines(Report(RUN, (long,))))
    assert max(map(len, shown)) <= WIDTH
    text = " ".join(" ".join(shown).split())
    assert "machine loss: core-1, u@1.service (bound 40.0, most of it TTL)" in text
    assert "running 0.2 => 10.5" in text
    assert "=> not recovered" in text
    assert "=> 10.5, noticed too late" in text
    assert "3 of 652 failed, gap 0.29, 21 slow" in text
    assert "failed: an entry is missing" in text
    assert "Not judged 1 undefined (seed 7)" in text


def test_what_a_scenario_that_held_did_not_wait_for_is_no_failure() -> None:
    held = scenario(PASSED, "f", "n")
    open_stage = replace(FAULT.stages[0], after=None, outcome="not awaited")
    held.add_fault(replace(FAULT, recovered_after=None, stages=(open_stage,)))
    shown = " ".join(" ".join(lines(Report(RUN, (held,)))).split())
    assert "=> not followed to its end" in shown
    assert "not recovered" not in shown
