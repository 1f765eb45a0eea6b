"""What is known of a run before it begins: the project's commit, versions, the deployment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from deployments import write

from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.machines.providers.local.provider import LocalProvider
from pytest_cna.plugin.project import commit, known_before, versions
from pytest_cna.plugin.settings import Settings

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")


def git(directory: Path, *arguments: str) -> str:
    person = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(directory), *person, *arguments]
    return subprocess.check_output(command, text=True).strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "unit").write_text("1")
    git(tmp_path, "add", "unit")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_commit_is_known_by_its_digest(project: Path) -> None:
    head = git(project, "rev-parse", "HEAD")
    assert commit(project) == head
    (project / "new").write_text("of no interest")
    assert commit(project) == head


def test_changes_are_marked(project: Path) -> None:
    (project / "unit").write_text("2")
    assert commit(project) == git(project, "rev-parse", "HEAD") + "+"


def test_no_work_tree_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit(tmp_path) == ""
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit(tmp_path) == ""


def test_versions_name_what_judges() -> None:
    assert {"Python", "pytest", "pytest-bdd"} <= versions().keys()


def test_a_run_without_a_deployment_has_nothing_to_cover(project: Path) -> None:
    report = known_before(Settings("local", seed=3), LocalProvider, None, "s1", project)
    run = report.environment
    assert (run.session, run.provider, run.seed) == ("s1", "local", 3)
    assert run.commit == commit(project)
    assert (run.deployment, report.coverage, report.units) == ("", (), ())


def test_a_deployment_is_known_with_what_can_hit_it(project: Path) -> None:
    service = '[[service]]\nname = "cache"\ntemplate = "cache@.service"\ninstances = ["1"]\n'
    path = write(project, f'name = "small"\n{service}', {"cache@.service": ""})
    deployment = read_deployment(path)
    report = known_before(Settings("local"), LocalProvider, deployment, "s1", project)
    assert report.environment.deployment == "small"
    assert [unit.name for unit in report.units] == ["cache@1.service"]
    assert {pair.service for pair in report.coverage} == {"cache"}
    assert {pair.kind for pair in report.coverage} <= FAULT_KINDS.keys()
