"""What is remembered of runs, and two of them side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from reports import FAULT, RUN, TRAFFIC, full, scenario

from pytest_cna.cli import cna
from pytest_cna.report.compare import compare
from pytest_cna.report.files import save
from pytest_cna.report.history import LATEST, entry, history, remember
from pytest_cna.report.report import Report
from pytest_cna.report.status import BROKEN, FAILED, PASSED


def test_a_run_in_a_few_figures() -> None:
    remembered = entry(full())
    assert (remembered.requests, remembered.failed_requests) == (652, 3)
    assert remembered.recoveries == {"machine loss of web server": (10.5,)}
    assert remembered.bounds == {"machine loss of web server": 40.0}
    assert remembered.statuses == {"F: R": "passed", "G: S": "failed", "F: S": "broken"}


def test_a_recovery_that_did_not_end_is_known_and_has_no_time() -> None:
    lost = scenario(FAILED)
    lost.add_fault(replace(FAULT, recovered_after=None))
    assert entry(Report(RUN, (lost,))).recoveries == {"machine loss of web server": ()}


def test_the_latest_runs_come_oldest_first(tmp_path: Path) -> None:
    runs = [replace(entry(full()), started=float(n), session=f"s{n}") for n in range(LATEST + 5)]
    for run in reversed(runs):
        remember(tmp_path, run)
    remember(tmp_path, runs[-1])
    (tmp_path / "1-notes.json").write_text("{}")
    (tmp_path / "2-torn.json").write_text("{")
    assert list(history(tmp_path)) == runs[5:]


def test_nothing_is_remembered_yet(tmp_path: Path) -> None:
    assert list(history(tmp_path / "none")) == []


def two_runs() -> tuple[Report, Report]:
    first, second = scenario(FAILED, name="mended"), scenario(PASSED, name="mended")
    slow = scenario(name="kept")
    slow.add_fault(replace(FAULT, recovered_after=20.0))
    slow.set_traffic(TRAFFIC)
    return (
        Report(
            RUN, (first, scenario(name="dropped"), scenario(name="spoilt"), full().scenarios[0])
        ),
        Report(
            replace(RUN, session="t", commit=""),
            (second, scenario(name="added"), scenario(BROKEN, name="spoilt"), slow),
        ),
    )


def test_two_runs_side_by_side() -> None:
    lines = list(compare(*map(entry, two_runs())))
    rows = {line[:44].strip(): line[44:].split() for line in lines}
    assert rows["commit"] == ["c0ffee", "-"]
    assert rows["failed"] == ["1", "0"]
    assert rows["failed requests"] == ["3", "of", "652", "3", "of", "652"]
    recovery = rows["machine loss of web server"]
    assert recovery == ["10.5", "/", "10.5", "(1)", "20.0", "/", "20.0", "(1)"]
    text = "\n".join(lines)
    assert "cured:\n  F: mended (failed -> passed)" in text
    assert "worse:\n  F: spoilt (passed -> broken)" in text
    assert "new:\n  F: added (passed)" in text
    assert "gone:\n  F: dropped (passed)" in text


def test_cna_compares_directories(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for report, directory in zip(two_runs(), (first, second), strict=True):
        save(report, directory)
    done = CliRunner().invoke(cna, ["report", "--compare", str(first), str(second)])
    assert done.exit_code == 0
    assert "cured:" in done.output
    assert sorted(path.name for path in first.iterdir()) == [
        "cucumber.json",
        "junit.xml",
        "report.json",
    ]
