"""What goes wrong when images are built ends the run with the end of the build's log."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ProvisionError
from pytest_cna.machines.artefacts.image_store import ImageStore

if TYPE_CHECKING:
    from pathlib import Path

    import docker

DEPLOYMENT = """
name = "x"
[[image]]
name = "t_broken"
context = "broken"
[[service]]
name = "web"
template = "web.service"
"""


@pytest.mark.usefixtures("machine_image")
def test_a_failing_build_shows_the_end_of_its_log(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_cluster(cluster): pass")
    pytester.mkdir("broken").joinpath("Dockerfile").write_text(
        "ARG BASE\nFROM $BASE\nRUN echo just before the end && false\n", encoding="utf-8"
    )
    pytester.makefile(".toml", deployment=DEPLOYMENT)
    pytester.makefile(".service", web="[Service]\nExecStart=/bin/true\n")
    result = pytester.runpytest_subprocess(
        "--cna-provider=local", "--cna-deployment=deployment.toml"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*image t_broken could not be built; its log ends:*", "*just before the end*"]
    )


def test_no_space_for_the_images(
    docker_client: docker.DockerClient,
    machine_image: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CNA_STORE", str(tmp_path))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))
    store = ImageStore(docker_client, machine_image, [], [])
    with pytest.raises(ProvisionError, match=r"has 1 MiB free, needed are \d+ MiB.*CNA_STORE"):
        store.seed([machine_image], lambda line: None)
