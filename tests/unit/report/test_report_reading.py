"""Whatever a report says, it reads back as it was, from the file and from the partial report."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports import FAULT, SCHEMA, full, scenario

from pytest_cna.report.partial import NAME, PartialReport, partial_reports, recovered
from pytest_cna.report.records import Attachment
from pytest_cna.report.report import Pair, Report
from pytest_cna.report.scenario import Scenario
from pytest_cna.report.status import BROKEN, FAILED, PASSED, SKIPPED, STATUSES, Status

seconds = st.floats(0, 1e9)
texts = st.text(st.characters(exclude_categories=()), max_size=20)
st.register_type_strategy(float, seconds)
st.register_type_strategy(str, texts)
st.register_type_strategy(Status, st.sampled_from(list(STATUSES.values())))
st.register_type_strategy(int, st.integers(0, 2**53))
reports = st.builds(Report, environment=..., scenarios=...)
few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@few
@given(reports)
def test_any_report_reads_back(report: Report) -> None:
    row = json.loads(json.dumps(report.to_json()))
    jsonschema.validate(row, SCHEMA)
    assert Report.from_json(row) == report


def written(directory: Path, report: Report, worker: str = "") -> PartialReport:
    partial = PartialReport(directory / worker)
    partial.write({"report": Report(report.environment, (), coverage=report.coverage).to_json()})
    for each in report.scenarios:
        partial.write({"scenario": each.to_json(), "at": 9.0})
    partial.close()
    return partial


@few
@given(st.lists(st.builds(Scenario), max_size=4), texts)
def test_any_scenario_comes_back_from_its_partial_report(
    scenarios: list[Scenario], torn: str
) -> None:
    report = Report(full().environment, tuple(scenarios))
    with TemporaryDirectory() as directory:
        written(Path(directory), report)
        path = Path(directory) / NAME
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f'{{"scenario": "{torn}')
        found = recovered(Path(directory))
    assert found is not None
    last = {(each.worker, each.name, each.began): each for each in scenarios}
    assert sorted(map(repr, found.scenarios)) == sorted(map(repr, last.values()))


def test_the_last_line_of_a_scenario_counts(tmp_path: Path) -> None:
    begun, ended = scenario(BROKEN), scenario(PASSED)
    ended.attach(Attachment("x", "log", "y"))
    written(tmp_path, Report(full().environment, (begun, ended)))
    found = recovered(tmp_path)
    assert found is not None
    assert list(found.scenarios) == [ended]
    assert found.duration == 9.0 - full().environment.began


def test_workers_are_one_run(tmp_path: Path) -> None:
    for worker in ("gw0", "gw1"):
        each = scenario(name=worker)
        each.worker = worker
        written(tmp_path, Report(full().environment, (each,), coverage=full().coverage), worker)
    found = recovered(tmp_path)
    assert found is not None
    assert [each.worker for each in found.scenarios] == ["gw0", "gw1"]
    assert found.coverage == full().coverage


def test_a_run_that_ended_has_no_partial_report(tmp_path: Path) -> None:
    partial = written(tmp_path, full())
    assert partial_reports(tmp_path) == [tmp_path / NAME]
    partial.end()
    partial.end()
    assert partial_reports(tmp_path) == []
    assert recovered(tmp_path) is None


@pytest.mark.parametrize("line", ['{"environment": {}}', '{"report": {"version": 1}}', "[]"])
def test_a_partial_report_of_another_version_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / NAME).write_text(f"{line}\n")
    with pytest.raises(ValueError, match=r"scenarios\.jsonl is of another version"):
        recovered(tmp_path)


def test_what_is_tried() -> None:
    loss = Pair("machine loss", "web server", ())
    report = full()
    assert report.tried(loss) == "proven"
    assert report.tried(loss, "u@1.service") == "proven"
    assert report.tried(loss, "u@2.service") == "untried"
    assert report.tried(Pair("container kill", "web server", ())) == "untried"


@pytest.mark.parametrize(
    ("status", "becomes"), [(FAILED, "failed"), (BROKEN, "broken"), (SKIPPED, "proven")]
)
def test_the_worst_counts(status: Status, becomes: str) -> None:
    other = scenario(status)
    other.add_fault(FAULT)
    report = full()
    both = Report(report.environment, (*report.scenarios, other))
    assert both.tried(Pair("machine loss", "web server", ())) == becomes
