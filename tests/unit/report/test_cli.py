"""``cna report``: bad input is one sentence and exit code 4, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from reports import full

from pytest_cna import cli
from pytest_cna.report.files import finish, load, save

Cna = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cna(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cna:
    """Exit code, output, errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cna", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "has no report.json; give the directory that --cna-report named"),
        ("{", "report.json: Expecting property name"),
        ('{"version": 1}', "report.json: a report of version 1, not 2 or 3"),
        ('{"version": 2}', "environment"),
        ('{"version": 2, "scenarios": [{}]}', "scenarios of version 2 without 'traffic'"),
        ('{"version": 3}', "environment"),
        ("[]", "report.json"),
    ],
)
def test_what_is_no_report(tmp_path: Path, cna: Cna, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    status, _, errors = cna("report", tmp_path)
    assert status == 4
    assert says in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["report"], "Missing argument"),
        (["report", "--compare", "a"], "--compare takes two directories"),
        (["reprot"], "No such command"),
        (["report", "--histroy", "x", "a"], "No such option"),
    ],
)
def test_bad_usage(cna: Cna, arguments: list[str], says: str) -> None:
    status, _, errors = cna(*arguments)
    assert status == 4
    assert says in errors


def test_it_is_written_again(tmp_path: Path, cna: Cna) -> None:
    save(full(), tmp_path)
    status, output, _ = cna("report", tmp_path)
    assert status == 0
    assert "1 passed, 1 failed, 1 broken (seed 7)" in output
    assert output.endswith(f"report: {tmp_path / 'report.html'}\n")
    assert load(tmp_path) == full()
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!")


def test_twice_gives_the_same(tmp_path: Path) -> None:
    finish(full(), tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    finish(load(tmp_path), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_a_directory_that_cannot_be_written_to(
    tmp_path: Path, cna: Cna, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(full(), tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pytest_cna.report.files.os.replace", refuse)
    status, _, errors = cna("report", tmp_path)
    assert status == 4
    assert "cannot be written to" in errors


def test_versions_and_help(cna: Cna) -> None:
    assert cna("--version")[1].startswith("cna, version ")
    assert "--compare" in cna("report", "--help")[1]


def test_a_report_is_not_changed_by_json(tmp_path: Path) -> None:
    save(full(), tmp_path)
    row = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert row["summary"] == full().summary
