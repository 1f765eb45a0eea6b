"""``go vet``, ``gofmt`` and ``go test -race`` of the sidekick, where Go and its modules are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.go_toolchain import find_go

TOOLS = Path(__file__).parents[2] / "infra/tools/discovery"
OFFLINE = {"GOPROXY": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
"""Unit tests do not download anything."""


def go(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(find_go().program), *arguments, "./sidekick"],
        cwd=TOOLS,
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def modules() -> None:
    try:
        find_go()
    except ConfigurationError as error:
        pytest.skip(str(error))
    if go("list", "-deps", "-test").returncode:
        pytest.skip(f"the sidekick's Go modules are not here; run: cd {TOOLS} && go mod download")


def test_go_vet_finds_nothing() -> None:
    done = go("vet")
    assert done.returncode == 0, done.stderr


def test_gofmt_would_change_nothing() -> None:
    gofmt = find_go().program.resolve().with_name("gofmt")
    changes = subprocess.check_output([str(gofmt), "-d", "sidekick"], cwd=TOOLS, text=True)
    assert not changes


def test_the_sidekick_s_own_tests_pass_without_a_race() -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler here, which go test -race needs")
    done = go("test", "-race", "-count=1")
    assert done.returncode == 0, done.stdout + done.stderr
