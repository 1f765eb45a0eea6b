"""The order in which a run brings things up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.machines.artefacts import build, docker_engine
from pytest_cna.plugin import run as run_module
from pytest_cna.plugin.run import Run
from pytest_cna.plugin.settings import Settings
from pytest_cna.testing import FakeProvider

if TYPE_CHECKING:
    from pathlib import Path


def test_docker_is_there_before_the_provider_and_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    class Engine:
        client = None

        def __init__(self, progress: object) -> None:
            pass

        def require(self) -> None:
            order.append("Docker")

        def stop(self) -> None:
            order.append("Docker ends")

    class NeedsDocker(FakeProvider):
        simulated = False

        def prepare(self) -> list[str]:
            order.append("provider")
            return super().prepare()

    def build_artefacts(*_: object) -> build.Artefacts:
        order.append("build")
        return build.Artefacts(machine_image="")

    monkeypatch.setattr(docker_engine, "DockerEngine", Engine)
    monkeypatch.setattr(build, "build_artefacts", build_artefacts)
    monkeypatch.setattr(run_module, "load_provider", lambda name: NeedsDocker)
    run = Run(Settings(provider="needs-docker", report=tmp_path), tmp_path, quiet=True)
    tmp_path.mkdir(exist_ok=True)
    try:
        assert len(run.cluster.machines) == 3
    finally:
        run.finish()
    assert order == ["Docker", "provider", "build", "Docker ends"]
