"""The report's files; each whole at any time."""

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
"""Where GitHub tells a step to put its Markdown; GitLab takes ``summary.md`` as an artifact."""


def save(report: Report, directory: Path) -> None:
    """What is written while the run goes on. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / "report.json", _json(report.to_json()))
    _replace(directory / "junit.xml", junit(report))
    _replace(directory / "cucumber.json", _json(cucumber(report)))


def finish(report: Report, directory: Path, remembered: Path | None = None) -> Path:
    """All files, when the run has ended, and the page; ``remembered`` is the directory of the
    history that it shows. Returns the page. Raises OSError."""
    from pytest_cna.report.page import render

    save(report, directory)
    _replace(directory / "messages.ndjson", ndjson(report))
    _replace(directory / "metrics.txt", openmetrics(report))
    _replace(directory / "summary.md", markdown(report))
    page = directory / "report.html"
    _replace(page, render(directory, history(remembered) if remembered else ()))
    return page


def tell_job(report: Report, environment: Mapping[str, str]) -> None:
    """Add the summary to the job's page where the CI system has such a thing."""
    if environment.get(JOB_SUMMARY):
        with suppress(OSError), Path(environment[JOB_SUMMARY]).open("a", encoding="utf-8") as file:
            file.write(markdown(report))


def load(directory: Path) -> Report:
    """Reads ``report.json`` back. Raises OSError, or ValueError saying what does not fit."""
    path = directory / "report.json"
    try:
        return Report.from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    # output of programs may hold what no encoding has
    draft.write_text(text, encoding="utf-8", errors="replace")
    os.replace(draft, path)


def _json(value: Any) -> str:  # noqa: ANN401 - whatever json takes
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
