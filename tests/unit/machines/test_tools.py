"""The programs that are built are those that an image may ask for."""

from __future__ import annotations

from typing import get_args

from pytest_cna.deployment.deployment_file import Tool
from pytest_cna.machines.artefacts.tools import PROGRAMS


def test_an_image_may_have_every_program_and_no_other() -> None:
    assert set(get_args(Tool)) == {program.name for program in PROGRAMS}
