"""Reports of version 2 are read, judged once, and shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reports import SCHEMA
from runs import ALL, RUNS, scenarios

from pytest_cna.report.files import finish, load
from pytest_cna.report.older import upgraded_scenario
from pytest_cna.report.partial import NAME, recovered
from pytest_cna.report.report import Report


@pytest.mark.parametrize("run", ALL)
def test_recorded_runs_are_read_and_written_in_this_version(run: str, tmp_path: Path) -> None:
    shutil.copytree(RUNS / run, tmp_path / run)
    assert json.loads((tmp_path / run / "report.json").read_text("utf-8"))["version"] == 2
    report = load(tmp_path / run)
    finish(report, tmp_path / run)
    row = json.loads((tmp_path / run / "report.json").read_text("utf-8"))
    jsonschema.validate(row, SCHEMA)
    assert load(tmp_path / run) == report
    assert row["headline"]["sentence"] in (tmp_path / run / "report.html").read_text("utf-8")


def test_what_customers_noticed_is_in_their_figures() -> None:
    report = load(RUNS / "green")
    assert report.headline.verdict == "recovers"
    assert report.headline.sentence == (
        "Recovers; customers notice, at worst 3.2 s without an answer"
    )
    noticed = [each.traffic.noticed for each in report.scenarios if each.traffic]
    assert noticed == [
        (),
        (),
        ("161 of 315 requests failed", "3.2 s without any good answer"),
    ]
    (slow,) = load(RUNS / "confd").scenarios
    assert slow.traffic is not None
    assert slow.traffic.noticed == ("4 of 2,892 answers took longer than 1.0 s",)


def test_stages_are_judged_by_their_whole_bounds() -> None:
    (fault,) = load(RUNS / "etcd").scenarios[0].faults
    assert [stage.outcome for stage in fault.stages] == ["passed"] * 2 + ["failed"] * 3
    assert fault.outcome == "failed"
    assert all(stage.allowed is None for stage in fault.stages)
    assert fault.bound == pytest.approx(sum(term.seconds for term in fault.terms))


@pytest.mark.parametrize(
    ("status", "after", "outcome"),
    [
        ("passed", None, "not awaited"),
        ("failed", None, "failed"),
        ("broken", None, "unknown"),
        ("skipped", None, "not awaited"),
        ("passed", 7.0, "failed"),
        ("broken", 6.0, "passed"),
    ],
)
def test_a_stage(status: str, after: float | None, outcome: str) -> None:
    stage: dict[str, Any] = {"name": "running", "after": after, "bound": 6.0, "terms": []}
    row: dict[str, Any] = {"status": status, "faults": [{"stages": [stage]}], "traffic": None}
    assert upgraded_scenario(row)["faults"][0]["stages"][0]["outcome"] == outcome


def test_a_run_of_version_2_that_was_killed(tmp_path: Path) -> None:
    report = json.loads((RUNS / "green" / "report.json").read_text("utf-8"))
    lines: list[dict[str, Any]] = [{"report": {**report, "scenarios": []}}]
    lines += [{"scenario": each, "at": 9.0} for each in scenarios("green")]
    (tmp_path / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = recovered(tmp_path)
    assert found is not None
    read = Report.from_json(report)
    assert sorted(found.scenarios, key=lambda each: each.name) == sorted(
        read.scenarios, key=lambda each: each.name
    )
    assert found.headline == read.headline


def test_a_headline_is_kept_as_it_was_recorded() -> None:
    row = load(RUNS / "green").to_json()
    row["headline"] = {"verdict": "resilient", "sentence": "Resilient"}
    assert Report.from_json(row).headline.sentence == "Resilient"
    assert Report.from_json(row).to_json()["headline"] == row["headline"]
