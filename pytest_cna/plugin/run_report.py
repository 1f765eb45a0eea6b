"""The report of one run: what is recorded of it, and when that is written."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_cna.core.events.scenario import ScenarioFinished, ScenarioStarted
from pytest_cna.plugin.project import SIMULATED
from pytest_cna.plugin.recorder import Recorder
from pytest_cna.report.files import finish, save, write_job_summary
from pytest_cna.report.history import entry, remember
from pytest_cna.report.report import MachineRecord
from pytest_cna.report.summary import lines

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.core.events.event import Event
    from pytest_cna.core.redaction import Redactor
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.plugin.progress import Progress
    from pytest_cna.plugin.settings import Settings
    from pytest_cna.report.report import Report


class RunReport:
    """Only the controlling process writes files; a worker of pytest-xdist hands its scenarios to
    it."""

    def __init__(
        self,
        known: Report,
        settings: Settings,
        timeline: Timeline,
        progress: Progress,
        redact: Redactor,
        worker: str,
    ) -> None:
        self.recorder = Recorder(
            known, settings.report, self._record, self._save, self._end, redact, worker
        )
        self.page: Path | None = None
        """``report.html``, once the run has ended."""
        self._settings = settings
        self._timeline = timeline
        self._progress = progress
        self._worker = worker

    def add_cluster(self, cluster: Cluster) -> None:
        """Its machines, and the versions that its provider runs them with."""
        environment = self.recorder.environment
        machines = tuple(
            MachineRecord(each.name, each.address, self._worker) for each in cluster.machines
        )
        self.recorder.environment = replace(environment, machines=machines or environment.machines)
        self.add_versions(cluster.provider.versions())

    def add_versions(self, versions: dict[str, str]) -> None:
        environment = self.recorder.environment
        self.recorder.environment = replace(environment, versions=environment.versions | versions)

    def summary(self, *, simulated: bool) -> list[str]:
        """The lines of the terminal's summary."""
        said = [f"{SIMULATED}: nothing was proved"] if simulated else []
        where = f"report: {self.page or self._settings.report}"
        return [*lines(self.recorder.report), *said, where]

    def _record(self, event: Event) -> None:
        match event:
            case ScenarioStarted():
                self._progress(event.scenario)
            case ScenarioFinished() if event.status != "passed":
                self._progress(f"{event.status}: {event.scenario}")
        self._timeline.record(event)

    def _save(self, report: Report) -> None:
        if not self._worker:
            save(report, self._settings.report)

    def _end(self, report: Report) -> None:
        if not self._worker:
            history = self._settings.history
            if history is not None:
                remember(history, entry(report))
            self.page = finish(report, self._settings.report, history)
            write_job_summary(report, os.environ)
