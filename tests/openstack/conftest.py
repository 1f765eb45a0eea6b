"""One lab for all tests here."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
import tiny_image
import traces
from the_lab import IMAGE, RUN, STATE, TheLab


@pytest.fixture(scope="session")
def untouched() -> set[str]:
    """What this computer's kernel holds before there is a lab."""
    subprocess.run([RUN, "--state", STATE, "down"], check=True)
    return traces.all_of_them()


@pytest.fixture(scope="session")
def lab(untouched: set[str]) -> Iterator[TheLab]:
    tiny_image.build(IMAGE)
    lab = TheLab()
    try:
        lab.up()
        if "tiny" not in str(lab.openstack("flavor", "list", "-f", "json")):
            size = ["--ram=128", "--disk=1", "--vcpus=1"]
            lab.openstack("flavor", "create", *size, "tiny", cloud="cna-lab-admin")
        yield lab
    finally:
        lab.run("down")
