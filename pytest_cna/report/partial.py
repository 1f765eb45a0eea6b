"""The partial report: the record of each scenario on disk as it happens, so that a run that is
killed has a report.

A line is valid if nothing follows it; the last line of a scenario counts. The file is removed at
the normal end of the run, because ``report.json`` then has everything.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from pytest_cna.report.older import upgraded_scenario
from pytest_cna.report.report import Report
from pytest_cna.report.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "scenarios.jsonl"


class PartialReport:
    """The partial report of one process that runs scenarios; under pytest-xdist each worker has
    one."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._file: IO[str] | None = None

    def write(self, line: dict[str, Any]) -> None:
        """Append a line, which survives a kill of the process when this returns (not a power cut).
        Raises OSError."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", buffering=1, encoding="ascii")
        self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Close the file and keep it. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def end(self) -> None:
        """Remove the file, at the normal end of the run. Idempotent."""
        self.close()
        self._path.unlink(missing_ok=True)


def partial_reports(directory: Path) -> list[Path]:
    """The partial reports in ``directory``, those of workers included."""
    return [
        each
        for each in (directory / NAME, *sorted(directory.glob(f"gw*/{NAME}")))
        if each.is_file()
    ]


def recovered(directory: Path) -> Report | None:
    """The report of a run that was killed, up to then; None when no run was killed there. Raises
    ValueError for a file of another version."""
    known: Report | None = None
    scenarios: dict[tuple[str, str, float], Scenario] = {}
    end = 0.0
    for path in partial_reports(directory):
        upgrade = False
        for line in _lines(path):
            try:
                if "report" in line:
                    found = Report.from_json(line["report"])
                    upgrade = line["report"]["version"] == 2
                    together = known.environment.joined(found.environment) if known else None
                    known = replace(found, environment=together or found.environment)
                else:
                    row = line["scenario"]
                    scenario = Scenario.from_json(upgraded_scenario(row) if upgrade else row)
                    scenarios[scenario.worker, scenario.name, scenario.began] = scenario
                    end = max(end, line["at"])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path} is of another version: {error!r}") from error
    if known is None:
        return None
    in_order = sorted(scenarios.values(), key=lambda scenario: scenario.began)
    duration = max(0.0, end - known.environment.began)
    return replace(known, scenarios=tuple(in_order), duration=duration, recorded=None)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for text in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            yield json.loads(text)
        except ValueError:  # an incomplete line: the run was killed while writing it
            continue
