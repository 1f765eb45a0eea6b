"""The report's files: ``report.json``, ``junit.xml``, ``cucumber.json``; each whole at any time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pytest_cna.report.cucumber import cucumber
from pytest_cna.report.junit import junit

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.report.model import Report


def save(report: Report, directory: Path) -> None:
    """Write all of them anew. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    _replace(directory / "report.json", _json(report.to_json()))
    _replace(directory / "junit.xml", junit(report))
    _replace(directory / "cucumber.json", _json(cucumber(report)))


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    # output of programs may hold what no encoding has
    draft.write_text(text, encoding="utf-8", errors="replace")
    os.replace(draft, path)


def _json(value: Any) -> str:  # noqa: ANN401 - whatever json takes
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
