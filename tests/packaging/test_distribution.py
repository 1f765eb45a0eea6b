"""A provider from a distribution of its own, installed by pip into an empty environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTION = ROOT / "tests" / "distribution"
PAGE = ROOT / "docs" / "write-a-provider.md"
FIRST_PAGE = ROOT / "docs" / "index.md"
BOOT = """
def test_machines_boot_as_slowly_as_was_asked_for(cluster):
    assert cluster.boot_seconds >= 10.0
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that has pytest-cna and the distribution, and else what they need."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", ROOT, DISTRIBUTION], check=True)
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A user's project: the repository's deployment, and the test of the first page."""
    for directory in ("units", "images"):
        shutil.copytree(ROOT / directory, tmp_path / directory)
    first = re.search(r"```python\n(def test_.*?)```", FIRST_PAGE.read_text("utf-8"), re.DOTALL)
    assert first is not None
    (tmp_path / "test_first.py").write_text(first[1], encoding="utf-8")
    (tmp_path / "test_boot.py").write_text(BOOT, encoding="utf-8")
    return tmp_path


def run(python: Path, project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # PYTHONPATH would bring the checkout along; no Docker may be asked
    hidden = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [python, "-m", "pytest", *options],
        cwd=project,
        env=hidden | {"DOCKER_HOST": "unix:///nowhere/docker.sock"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_shows_its_option(python: Path, project: Path) -> None:
    shown = " ".join(run(python, project, "--help").stdout.split())
    assert "--cna-paper-boot=SECONDS seconds that a machine takes to boot (default: 4)" in shown


def test_a_wrong_value_ends_with_one_sentence(python: Path, project: Path) -> None:
    done = run(python, project, "--cna-provider=paper", "--cna-paper-boot=soon")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.splitlines() == [
        "ERROR: --cna-paper-boot=soon: it takes a number from 0.1 to 60.0 seconds",
        "",
    ]


def test_the_first_page_runs_on_its_machines(python: Path, project: Path) -> None:
    done = run(python, project, "--cna-provider=paper", "--cna-paper-boot=10")
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["cna_paper/options.py", "cna_paper/provider.py"])
def test_the_page_shows_it_as_it_is(name: str) -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert (DISTRIBUTION / name).read_text(encoding="utf-8") in shown


def test_the_page_shows_its_entry_points() -> None:
    _, mark, entry_points = (
        (DISTRIBUTION / "pyproject.toml")
        .read_text(encoding="utf-8")
        .partition('[project.entry-points."pytest_cna.providers"]')
    )
    assert mark + entry_points in PAGE.read_text(encoding="utf-8")
