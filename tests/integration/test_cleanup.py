"""However a run ends, nothing of it is left; and what a killed one left goes at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_run import PytestRun

from pytest_cna.machines.ledger import ledger_directory

if TYPE_CHECKING:
    import docker

REPOSITORY = Path(__file__).parents[2]


def left(docker_client: docker.DockerClient, session: str) -> list[str]:
    """Everything of a session, by label, name and ledger."""
    assert session
    labels: dict[str, str | list[str] | bool] = {"label": f"pytest_cna.session={session}"}
    found = [c.name for c in docker_client.containers.list(all=True, filters=labels)]
    found += [n.name for n in docker_client.networks.list(filters=labels)]
    found += [v.name for v in docker_client.volumes.list(filters=labels)]
    found += [path.name for path in ledger_directory().glob(f"{session}*")]
    return [str(name) for name in found]


def cna(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("cna")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("machine_image")
class TestEnds:
    def test_after_a_failing_run(self, docker_client: docker.DockerClient, tmp_path: Path) -> None:
        run = PytestRun(tmp_path, "-k", "fails")
        assert run.await_end() == pytest.ExitCode.TESTS_FAILED
        assert left(docker_client, run.session) == []

    def test_ctrl_c_while_machines_start(
        self, docker_client: docker.DockerClient, tmp_path: Path
    ) -> None:
        run = PytestRun(tmp_path, "-k", "waits", "-s")
        run.await_condition(
            lambda: run.session and left(docker_client, run.session), "anything exists"
        )
        run.process.send_signal(signal.SIGINT)
        assert run.await_end() == pytest.ExitCode.INTERRUPTED
        assert left(docker_client, run.session) == []

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_interrupted_in_a_test(
        self, docker_client: docker.DockerClient, tmp_path: Path, number: signal.Signals
    ) -> None:
        run = PytestRun(tmp_path, "-k", "waits")
        run.await_condition((tmp_path / "ready").exists, "the test runs")
        assert left(docker_client, run.session)
        run.process.send_signal(number)
        assert run.await_end() == pytest.ExitCode.INTERRUPTED
        assert left(docker_client, run.session) == []

    def test_a_killed_run_is_cleaned_up_after(
        self, docker_client: docker.DockerClient, tmp_path: Path
    ) -> None:
        killed = PytestRun(tmp_path, "-k", "waits")
        killed.await_condition((tmp_path / "ready").exists, "the test runs")
        session = killed.session
        killed.process.kill()
        killed.await_end()
        assert left(docker_client, session)
        run = PytestRun(tmp_path, "-k", "passes")
        assert run.await_end() == pytest.ExitCode.OK
        assert f"removed the remains of the interrupted run {session}" in run.output()
        assert left(docker_client, session) == []

    def test_a_kept_cluster_is_taken_over(
        self, docker_client: docker.DockerClient, tmp_path: Path
    ) -> None:
        options = ("-k", "passes", "--cna-keep", "--cna-agent-ttl=11")
        first = PytestRun(tmp_path, *options)
        assert first.await_end() == pytest.ExitCode.OK
        session = first.session
        assert left(docker_client, session)
        second = PytestRun(tmp_path, *options[:2], options[3])
        assert second.await_end() == pytest.ExitCode.OK, second.output()
        assert f"taking over the cluster that run {session} kept" in second.output()
        # not asked to keep it, so the second run removed it
        assert left(docker_client, session) == []

    def test_a_kept_cluster_is_removed_by_hand(
        self, docker_client: docker.DockerClient, tmp_path: Path
    ) -> None:
        run = PytestRun(tmp_path, "-k", "passes", "--cna-keep")
        assert run.await_end() == pytest.ExitCode.OK
        assert left(docker_client, run.session)
        assert f"cna remove {run.session}" in run.output()
        assert f"{run.session} local" in cna("remove").stdout
        assert cna("remove", run.session).returncode == 0
        assert left(docker_client, run.session) == []
        again = cna("remove", run.session)
        assert again.returncode == pytest.ExitCode.USAGE_ERROR
        assert f"no ended run {run.session} has kept its cluster" in again.stderr

    def test_two_runs_at_once_leave_each_other_alone(
        self, docker_client: docker.DockerClient, tmp_path: Path
    ) -> None:
        directories = [tmp_path / "one", tmp_path / "two"]
        for directory in directories:
            directory.mkdir()
        runs = [PytestRun(directory, "-k", "passes") for directory in directories]
        assert [run.await_end() for run in runs] == [0, 0], runs[0].output() + runs[1].output()
        assert [left(docker_client, run.session) for run in runs] == [[], []]


def test_the_ledger_is_where_the_state_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert os.fspath(ledger_directory()).startswith(str(tmp_path))


def test_ctrl_c_in_a_scenario(docker_client: docker.DockerClient, tmp_path: Path) -> None:
    """In the middle of a machine loss, with customers at work."""
    run = PytestRun(
        tmp_path,
        str(REPOSITORY / "features"),
        f"--rootdir={REPOSITORY}",
        f"--cna-deployment={REPOSITORY / 'units' / 'deployment.toml'}",
        "--cna-machines=3",
        f"--cna-report={tmp_path}",
        "-k",
        "test_the_machine_of_a_web_server",
    )
    timeline = tmp_path / "timeline.jsonl"
    run.await_condition(
        lambda: timeline.exists() and '"lost"' in timeline.read_text("utf-8"), "a machine is lost"
    )
    children = processes_of(run.process.pid)
    assert any("pytest_cna.scenario.traffic" in command for command in children.values())
    run.process.send_signal(signal.SIGINT)
    assert run.await_end() == pytest.ExitCode.INTERRUPTED
    assert left(docker_client, run.session) == []
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def processes_of(parent: int) -> dict[str, str]:
    """Number → command of the processes that ``parent`` started."""
    listed = subprocess.run(
        ["ps", "--ppid", str(parent), "-o", "pid=,args="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = (line.split(maxsplit=1) for line in listed.splitlines())
    return {row[0]: row[1] for row in rows}
