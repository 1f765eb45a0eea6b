"""One run of the plugin: from settings to a cluster, and back to nothing."""

from __future__ import annotations

import secrets
import signal
import time
from typing import TYPE_CHECKING

from pytest_cna.progress import Progress
from pytest_cna.providers.registry import load_provider
from pytest_cna.timeline import Timeline
from pytest_cna.tools import tool_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pytest_cna.cluster import Cluster
    from pytest_cna.docker_engine import DockerEngine
    from pytest_cna.settings import Settings


class Run:
    """Costs next to nothing until ``cluster`` is asked for."""

    def __init__(self, settings: Settings, worker: str = "") -> None:
        self.settings = settings
        self.session = f"{time.strftime('%H%M%S')}-{secrets.token_hex(3)}"
        self.progress = Progress(worker=bool(worker))
        self.timeline_path = settings.report / f"timeline{worker and '-' + worker}.jsonl"
        self.timeline = Timeline()
        self._engine: DockerEngine | None = None
        self._cluster: Cluster | None = None

    def header(self) -> list[str]:
        settings = self.settings
        versions = ", ".join(f"{name} {version}" for name, version in tool_versions().items())
        made = f"provider {settings.provider}, {settings.machines} machines"
        timing = f"agent TTL {settings.agent_ttl:g} s"
        return [
            f"cna: {made}, {timing}, seed {settings.seed}, session {self.session}",
            f"cna: {versions}",
        ]

    @property
    def cluster(self) -> Cluster:
        """The cluster, brought up the first time. Raises CnaError, with nothing left behind."""
        if self._cluster is None:
            self._bring_up()
            assert self._cluster is not None
        return self._cluster

    def _bring_up(self) -> None:
        from pytest_cna.artefacts import build_artefacts
        from pytest_cna.cluster import Cluster
        from pytest_cna.docker_engine import DockerEngine

        self.timeline_path.unlink(missing_ok=True)
        self.timeline = Timeline(self.timeline_path)
        self._engine = DockerEngine(self.progress)
        client = self._engine.client
        provider = load_provider(self.settings.provider)(self.session, self.progress)
        for sentence in provider.prepare():
            self.progress(sentence)
        artefacts = build_artefacts(client, self.progress)
        cluster = Cluster(provider, self.timeline, self.progress)
        try:
            cluster.bring_up(self.settings, artefacts, [{"public": "true"}])
        except BaseException:
            self._undisturbed(cluster.destroy)
            raise
        self._cluster = cluster
        self.progress(f"{len(cluster.machines)} machines are up")

    def end_on_sigterm(self) -> None:
        """Let SIGTERM end the run like Ctrl-C does: with every teardown."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt("SIGTERM")

        signal.signal(signal.SIGTERM, interrupt)

    def finish(self) -> None:
        """Remove everything. Idempotent; a second Ctrl-C does not disturb it."""
        self._undisturbed(self._finish)

    def _finish(self) -> None:
        if self._cluster is not None:
            if self.settings.keep:
                self.progress(f"the cluster of session {self.session} is kept")
            else:
                self._cluster.destroy()
            self._cluster = None
        if self._engine is not None:
            self._engine.stop()
        self.timeline.close()

    def _undisturbed(self, work: Callable[[], None]) -> None:
        before = {
            each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            work()
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
