"""However a run on a cloud ends, nothing of it is left there but the image."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_run import PytestRun
from the_lab import TheLab

from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.artefacts.image_store import store_directory

PATIENCE = 600.0
"""Seconds; the image has to be uploaded, and the machine is emulated."""


@pytest.fixture(autouse=True, scope="module")
def _cloud(lab: TheLab) -> Iterator[None]:
    """The lab's, for the runs; and Docker answers after them, to be asked what is left."""
    docker = DockerEngine(print)
    assert docker.client
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(lab.state / "clouds.yaml"))
        patch.setenv("OS_CLOUD", "cna-lab")
        yield
    docker.stop()


def run(directory: Path, *options: str) -> PytestRun:
    return PytestRun(directory, *options, provider="openstack", patience=PATIENCE)


def left(lab: TheLab, run: PytestRun) -> list[str]:
    """Everything of its session: on the cloud, in Docker, files."""
    found = run.left() + lab.named(f"cna-{run.session}")
    found += [
        image["Name"]
        for image in lab.openstack("image", "list", "-f", "json", "--long")
        if image["Status"] != "active"
    ]
    sessions = store_directory() / "openstack-sessions"
    return found + [path.name for path in sessions.glob("*")]


def test_after_a_failing_and_a_passing_test(lab: TheLab, tmp_path: Path) -> None:
    both = run(tmp_path, "-k", "fails or passes")
    assert both.await_end() == pytest.ExitCode.TESTS_FAILED, both.output()
    assert "1 failed, 1 passed" in both.output()
    assert left(lab, both) == []


def test_ctrl_c_while_the_stack_is_made(lab: TheLab, tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits", "-s")
    interrupted.await_condition(
        lambda: interrupted.session and lab.named(f"cna-{interrupted.session}-core"),
        "a server or its port is there",
    )
    interrupted.process.send_signal(signal.SIGINT)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(lab, interrupted) == []


def test_sigterm_in_a_test(lab: TheLab, tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits")
    interrupted.await_condition((tmp_path / "ready").exists, "the test runs")
    interrupted.process.send_signal(signal.SIGTERM)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(lab, interrupted) == []
