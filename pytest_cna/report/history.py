"""The history: a small file for each run in ``--cna-history``, to compare runs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.report.reading import plain, structure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.report.report import Report

LATEST = 30
"""Most runs that are shown."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """The figures of one run. Times are seconds, ``started`` is Unix time."""

    session: str
    started: float
    provider: str
    seed: int
    duration: float
    summary: dict[str, int]
    """Status → number of scenarios."""
    headline: str = ""
    """The verdict in words; empty for a run of an older version."""
    commit: str = ""
    requests: int = 0
    failed_requests: int = 0
    recoveries: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """``container kill of web server`` → seconds of each recovery."""
    bounds: dict[str, float] = field(default_factory=dict)
    """The same keys → the longest bound (s)."""
    statuses: dict[str, str] = field(default_factory=dict)
    """``feature: scenario`` → its status."""


def entry(report: Report) -> HistoryEntry:
    recoveries: dict[str, tuple[float, ...]] = {}
    bounds: dict[str, float] = {}
    for scenario in report.scenarios:
        for fault in scenario.faults:
            key = f"{fault.kind} of {fault.service}"
            bounds[key] = max(bounds.get(key, 0.0), fault.bound)
            known = recoveries.setdefault(key, ())
            if fault.recovered_after is not None:
                recoveries[key] = (*known, fault.recovered_after)
    traffic = [scenario.traffic for scenario in report.scenarios if scenario.traffic]
    run = report.environment
    return HistoryEntry(
        session=run.session,
        started=run.started,
        provider=run.provider,
        seed=run.seed,
        duration=report.duration,
        summary=report.summary,
        headline=report.headline.sentence,
        commit=run.commit,
        requests=sum(each.requests for each in traffic),
        failed_requests=sum(each.failed for each in traffic),
        recoveries=recoveries,
        bounds=bounds,
        statuses={f"{each.feature}: {each.name}": each.status.name for each in report.scenarios},
    )


def remember(directory: Path, run: HistoryEntry) -> None:
    """Write ``run`` to its file; an earlier version of it is replaced. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{run.started:.0f}-{run.session}.json"
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(plain(run), indent=1) + "\n", encoding="utf-8")
    os.replace(draft, path)


def history(directory: Path) -> Sequence[HistoryEntry]:
    """The latest runs, oldest first. Other files, and those of versions that cannot be read, are
    skipped."""
    runs = []
    for path in directory.glob("*.json"):
        try:
            runs.append(structure(json.loads(path.read_text(encoding="utf-8")), HistoryEntry))
        except (OSError, ValueError):
            continue
    return sorted(runs, key=lambda run: run.started)[-LATEST:]
