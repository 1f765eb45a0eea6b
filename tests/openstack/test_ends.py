"""However a run on a cloud ends, nothing of it is left there but the image."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_run import PytestRun, ctrl_c_arrives

from conftest import TheLab
from pytest_cna.docker_engine import DockerEngine
from pytest_cna.ledger import ledger_directory
from pytest_cna.providers.image_store import store_directory

__all__ = ["ctrl_c_arrives"]

pytestmark = pytest.mark.usefixtures("ctrl_c_arrives")
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


def left(lab: TheLab, session: str) -> list[str]:
    """Everything of a session: on the cloud, in Docker, files."""
    assert session
    listed = ["docker", "ps", "--all", "--quiet", f"--filter=label=pytest_cna.session={session}"]
    found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    found += lab.named(f"cna-{session}")
    found += [
        image["Name"]
        for image in lab.openstack("image", "list", "-f", "json", "--long")
        if image["Status"] != "active"
    ]
    found += [path.name for path in (store_directory() / "openstack-sessions").glob("*")]
    return found + [path.name for path in ledger_directory().glob(f"{session}*")]


def test_after_a_failing_and_a_passing_test(lab: TheLab, tmp_path: Path) -> None:
    both = run(tmp_path, "-k", "fails or passes")
    assert both.await_end() == pytest.ExitCode.TESTS_FAILED, both.output()
    assert "1 failed, 1 passed" in both.output()
    assert left(lab, both.session) == []


def test_ctrl_c_while_the_stack_is_made(lab: TheLab, tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits", "-s")
    interrupted.await_condition(
        lambda: interrupted.session and lab.named(f"cna-{interrupted.session}-core"),
        "a server or its port is there",
    )
    interrupted.process.send_signal(signal.SIGINT)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(lab, interrupted.session) == []


def test_sigterm_in_a_test(lab: TheLab, tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits")
    interrupted.await_condition((tmp_path / "ready").exists, "the test runs")
    interrupted.process.send_signal(signal.SIGTERM)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(lab, interrupted.session) == []
