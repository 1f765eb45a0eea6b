"""Others' viewers read what we write. ``make viewers`` sets them up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from reports import RUN, failed, full, odd

from pytest_cna.report.files import finish
from pytest_cna.report.report import Report

HERE = Path(__file__).parent
TIMEOUT = 60


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(each) for each in command],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown(page: Path, profile: Path) -> str:
    """The document after its program has run."""
    return run(
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        page.as_uri(),
    )


@pytest.fixture
def directory(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    finish(request.param, tmp_path)
    return tmp_path


@pytest.mark.parametrize("directory", [full(), Report(RUN, (failed(), odd()))], indirect=True)
def test_cucumbers_own_formatter_renders_the_messages(directory: Path) -> None:
    page = directory / "formatted.html"
    run("node", "formatter.mjs", directory / "messages.ndjson", page)
    document = shown(page, directory / "profile")
    body = document[document.index('id="content"') :]
    # what failed is open from the start
    assert "it is not up" in body
    assert "hangs at systemd" in body
    assert "pytest-cna" in body


@pytest.mark.parametrize("directory", [full(), Report(RUN, (failed(), odd()))], indirect=True)
def test_cucumber_html_reporter_takes_the_json(directory: Path) -> None:
    page = directory / "reported.html"
    run("node", "reporter.cjs", directory / "cucumber.json", page)
    text = page.read_text("utf-8")
    assert "it is not up" in text
    assert "hangs at systemd" in text


def test_cucumber_html_reporter_shows_tables_docstrings_and_attachments(tmp_path: Path) -> None:
    finish(full(), tmp_path)
    run("node", "reporter.cjs", tmp_path / "cucumber.json", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    for words in ("A rule: R", "long\ntext", "<th>a</th>", "core-1:"):
        assert words in text
