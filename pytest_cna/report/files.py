"""The report's files. Each is replaced as a whole, so that it is complete at any time."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cna.report.cucumber import cucumber
from pytest_cna.report.history import history
from pytest_cna.report.junit import junit
from pytest_cna.report.markdown import markdown
from pytest_cna.report.messages import ndjson
from pytest_cna.report.openmetrics import openmetrics
from pytest_cna.report.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

JOB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Variable with the path of GitHub's job summary; GitLab takes ``summary.md`` as an artifact."""


def save(report: Report, directory: Path) -> None:
    """Write the files that are updated during the run. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / "report.json", _json(report.to_json()))
    _replace(directory / "junit.xml", junit(report))
    _replace(directory / "cucumber.json", _json(cucumber(report)))


def finish(report: Report, directory: Path, remembered: Path | None = None) -> Path:
    """Write all files and the page when the run has ended, and return the page's path.

    ``remembered`` is the directory of the history that the page shows. Raises OSError.
    """
    from pytest_cna.report.page import render

    save(report, directory)
    _replace(directory / "messages.ndjson", ndjson(report))
    _replace(directory / "metrics.txt", openmetrics(report))
    _replace(directory / "summary.md", markdown(report))
    page = directory / "report.html"
    _replace(page, render(directory, history(remembered) if remembered else ()))
    return page


def write_job_summary(report: Report, environment: Mapping[str, str]) -> None:
    """Add the summary to the CI job's page, where the CI system has one."""
    if environment.get(JOB_SUMMARY):
        with suppress(OSError), Path(environment[JOB_SUMMARY]).open("a", encoding="utf-8") as file:
            file.write(markdown(report))


def load(directory: Path) -> Report:
    """Read ``report.json``. Raises OSError, or ValueError saying what does not fit."""
    path = directory / "report.json"
    try:
        return Report.from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    # output of programs may hold characters that UTF-8 cannot encode
    draft.write_text(text, encoding="utf-8", errors="replace")
    os.replace(draft, path)


def _json(value: Any) -> str:  # noqa: ANN401 - whatever json takes
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
