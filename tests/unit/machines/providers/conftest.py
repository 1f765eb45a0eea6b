from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_cloud import SmallCloud, serve

from pytest_cna.machines.providers.openstack import cloud as cloud_module
from pytest_cna.machines.providers.openstack.cloud import Cloud, connect
from pytest_cna.machines.providers.openstack.provider import PACKAGES

KEYGEN = """\
for path; do :; done
echo private >"$path"
echo "ssh-ed25519 AAAA pytest-cna" >"$path.pub"
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCloud]:
    """A cloud in clouds.yaml, without any settings of the environment."""
    for name in ("OS_CLOUD", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CNA_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    # the programs that the provider looks for are there; none of these tests may run one, but for
    # the one that makes keys
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, script in {**dict.fromkeys(PACKAGES, "exit 1\n"), "ssh-keygen": KEYGEN}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    # no test waits a quarter of a minute
    monkeypatch.setitem(cloud_module.PATIENCE, "status_code_retries", 2)
    monkeypatch.setitem(cloud_module.PATIENCE, "status_code_retry_delay", 0.01)
    monkeypatch.setattr(cloud_module, "LOGIN_PATIENCE", 0.1)
    with serve(SmallCloud()) as small:
        (tmp_path / "clouds.yaml").write_text(small.clouds_yaml())
        yield small


@pytest.fixture
def cloud(small: SmallCloud) -> Iterator[Cloud]:
    """The same, logged in."""
    cloud = connect("small")
    yield cloud
    cloud.close()


@pytest.fixture
def lines() -> list[str]:
    """Lines of progress."""
    return []


@pytest.fixture
def progress(lines: list[str]) -> Callable[[str], None]:
    return lines.append
