"""One run: from settings to a cluster and a deployment, and their removal."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING

from pytest_cna.cluster.request import ClusterRequest
from pytest_cna.core.errors import CnaError, ConfigurationError, ProductFailed
from pytest_cna.core.events.session import SessionRebuilding
from pytest_cna.core.redaction import Redactor, secrets_in, secrets_of
from pytest_cna.core.timeline import Timeline
from pytest_cna.deployment.application import read_application
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.deployment.placement import check_placement
from pytest_cna.machines.artefacts.tools import tool_versions
from pytest_cna.machines.providers.registry import load_provider
from pytest_cna.plugin.progress import Progress
from pytest_cna.plugin.project import SIMULATED, known_before
from pytest_cna.plugin.run_report import RunReport
from pytest_cna.plugin.signals import uninterrupted
from pytest_cna.scenario.attachments import cluster_versions

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.measured import Measured
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.machines.artefacts.build import Artefacts
    from pytest_cna.machines.artefacts.docker_engine import DockerEngine
    from pytest_cna.machines.providers.base import Provider
    from pytest_cna.plugin.recorder import Recorder
    from pytest_cna.plugin.settings import Settings


class Run:
    """The run. Does little until ``cluster`` or ``steady_deployment`` is used.

    Raises ConfigurationError or UnitFileError, before anything is created, for a deployment or
    application that cannot be read or placed.
    """

    def __init__(
        self, settings: Settings, project: Path, worker: str = "", *, quiet: bool = False
    ) -> None:
        self.settings = settings
        self.worker = worker
        self.session = f"{time.strftime('%H%M%S')}-{secrets.token_hex(3)}"
        self.report = settings.report / worker if worker else settings.report
        self._made_by = load_provider(settings.provider)
        self.deployment = read_deployment(settings.deployment) if settings.deployment else None
        if self.deployment is not None and settings.of_provider.machines_there() is None:
            spread = self.metadata
            check_placement(
                self.deployment, [spread[n % len(spread)] for n in range(settings.machines)]
            )
        directory = settings.application or (self.deployment and self.deployment.application)
        entries = self.deployment.application_entries if self.deployment else ()
        self.application = read_application(directory, entries) if directory else None
        self.redact = Redactor(secrets_of(os.environ) | self._secrets())
        self.progress = Progress(worker, quiet=quiet, redact=self.redact)
        self.timeline = Timeline(redact=self.redact)
        self._run_report = RunReport(
            known_before(settings, self._made_by, self.deployment, self.session, project),
            settings,
            self.timeline,
            self.progress,
            self.redact,
            worker,
        )
        self._engine: DockerEngine | None = None
        self._provider: Provider | None = None
        self._cluster: Cluster | None = None
        self._running: RunningDeployment | None = None
        self._measured: Measured | None = None
        self._launch_error: CnaError | ProductFailed | None = None
        self._artefacts: Artefacts | None = None

    def _secrets(self) -> set[str]:
        """The secrets in the deployment's unit files."""
        files = {unit.file.path for unit in self.deployment.units} if self.deployment else set()
        return set().union(*(secrets_in(file.read_text("utf-8")) for file in files))

    @property
    def recorder(self) -> Recorder:
        """The plugin that records the scenarios."""
        return self._run_report.recorder

    def summary(self) -> list[str]:
        """The lines of the terminal's summary."""
        return self._run_report.summary(simulated=self._made_by.simulated)

    @property
    def metadata(self) -> list[dict[str, str]]:
        return list(self.deployment.metadata) if self.deployment else [{"public": "true"}]

    def header(self) -> list[str]:
        settings = self.settings
        versions = ", ".join(f"{name} {version}" for name, version in tool_versions().items())
        made = f"provider {settings.provider}, {settings.machines} machines"
        if settings.agent_ttl:
            made += f", agent TTL {settings.agent_ttl:g} s"
        if self._made_by.simulated:
            made += f", {SIMULATED}: this run proves nothing about the product"
        return [
            f"cna: {made}, seed {settings.seed}, session {self.session}",
            f"cna: {versions}",
        ]

    @property
    def cluster(self) -> Cluster:
        """The cluster, started at first use. Raises CnaError, with nothing left behind."""
        if self._cluster is None:
            self._bring_up()
            assert self._cluster is not None
        return self._cluster

    def _bring_up(self) -> None:
        from pytest_cna.cluster.cluster import Cluster
        from pytest_cna.machines.artefacts.docker_engine import DockerEngine

        for name in ("timeline.jsonl", "requests.jsonl"):
            # left by an earlier run
            (self.report / name).unlink(missing_ok=True)
        self.timeline.write_to(self.report / "timeline.jsonl")
        if not self._made_by.simulated:
            self._engine = DockerEngine(self.progress)
            # before the provider, which may need the Docker engine that this starts
            self._engine.require()
        provider = self._made_by(self.session, self.progress, self.settings.of_provider)
        self._provider = provider
        for sentence in provider.prepare():
            self.progress(sentence)
        self._artefacts = self._build()
        cluster = Cluster(provider, self.timeline, self.progress)
        self._start_machines(cluster)

    def _build(self) -> Artefacts:
        from pytest_cna.machines.artefacts.build import Artefacts, build_artefacts

        if self._engine is None:
            return Artefacts(machine_image="")
        return build_artefacts(
            self._engine.client, self.deployment, self.application, self.progress
        )

    def _start_machines(self, cluster: Cluster) -> None:
        assert self._artefacts is not None
        try:
            try:
                cluster.bring_up(self._request(), self._artefacts)
            except CnaError:
                self._save_journals(cluster)
                raise
        except BaseException:
            # also when it was the journals that Ctrl-C broke off
            uninterrupted(cluster.destroy)
            raise
        self._cluster = cluster
        self._run_report.add_cluster(cluster)
        self.progress(f"{len(cluster.machines)} machines are up")

    def _save_journals(self, cluster: Cluster) -> None:
        """Why machines that were made just now became no cluster, they alone know. Not those of
        others or of an earlier run: what ran on them may have logged secrets."""
        provider = cluster.provider
        if cluster.machines and provider.owns and provider.session == self.session:
            cluster.save_journals(self._journals)
            self.progress(f"consoles and journals of the machines: {self._journals}")

    @property
    def _journals(self) -> Path:
        """This run's own: those of an earlier one are not taken for them, and nothing has to be
        removed from a directory that may be the user's."""
        return self.report / "machines" / self.session

    def _request(self) -> ClusterRequest:
        settings = self.settings
        return ClusterRequest(
            machines=settings.machines,
            metadata=tuple(self.metadata),
            ports=self.deployment.published_ports if self.deployment else (),
            agent_ttl=settings.agent_ttl,
            engine_interval=settings.engine_interval,
            keep=settings.keep,
        )

    def steady_deployment(self, patience: float | None = None) -> RunningDeployment:
        """The deployment, launched and in its steady state.

        When it does not return to its steady state within ``patience`` seconds (by default what
        suits its machines), the cluster is replaced by a new one. Raises CnaError, and
        ProductFailed when a deployment that was launched does not reach its steady state.
        """
        cluster = self.cluster
        if self._launch_error is not None:
            # a second try would fail too, after the same long wait
            raise self._launch_error
        if self._running is not None:
            try:
                self._running.await_steady_state(patience)
            except (CnaError, ProductFailed) as error:
                self.progress(f"{error}")
                self.progress(
                    "the deployment does not reach its steady state: replacing the cluster"
                )
                self.timeline.record(SessionRebuilding(self.session, why=str(error)))
                self._stop_observing()
                uninterrupted(cluster.destroy)
            else:
                return self._running
        try:
            if not cluster.machines:
                self._start_machines(cluster)
            self._running = self._launch(cluster)
        except (CnaError, ProductFailed) as error:
            self._launch_error = error
            raise
        return self._running

    def _launch(self, cluster: Cluster) -> RunningDeployment:
        from pytest_cna.cluster.running_deployment import RunningDeployment
        from pytest_cna.scenario.explaining import explaining

        if self.deployment is None:
            raise ConfigurationError(
                "there is no deployment to launch; give --cna-deployment=PATH of a deployment.toml"
            )
        if not cluster.provider.owns:
            check_placement(self.deployment, [machine.metadata for machine in cluster.machines])
        running = RunningDeployment(
            cluster,
            self.deployment,
            self.timeline,
            self.progress,
            self.application.configuration if self.application else "",
        )
        try:
            with explaining(running):
                running.launch(beside_others=self.settings.foreign_units)
        except BaseException:
            if not cluster.provider.owns:
                uninterrupted(running.remove)
            running.stop()
            raise
        self._run_report.add_versions(cluster_versions(running))
        return running

    def time_terms(self, running: RunningDeployment) -> TimeTerms:
        """The terms from which bounds are computed.

        The first call for a launched deployment measures it, so it has to come in the steady state,
        before any fault. Raises CnaError.
        """
        from pytest_cna.cluster.measuring import measure
        from pytest_cna.judgement.terms import TimeTerms

        if self._measured is None:
            self._measured = measure(running)
        return TimeTerms(running.deployment, running.cluster.timing, self._measured)

    def _stop_observing(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None
            self._measured = None

    def finish(self) -> None:
        """Remove everything that the run made. Idempotent; a second Ctrl-C does not
        interrupt it."""
        uninterrupted(self._finish)

    def _finish(self) -> None:
        if self._running is not None and not self._running.cluster.provider.owns:
            self._running.remove()
        self._stop_observing()
        if self._cluster is not None:
            provider = self._cluster.provider
            if self.settings.keep and provider.owns:
                session = provider.session
                self.progress(f"the cluster of session {session} is kept: cna remove {session}")
            else:
                self._cluster.destroy()
            self._cluster = None
        if self._provider is not None:
            self._provider.close()
        for log in (*self.report.glob("*.log"), *self._journals.rglob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace")
            log.write_text(self.redact(text), encoding="utf-8")
        if self._engine is not None:
            self._engine.stop()
        self.timeline.close()
