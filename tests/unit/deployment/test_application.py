"""application.toml: what is read from it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pytest_cna.deployment.application import read_application

OURS = Path(__file__).parents[3] / "images" / "crm"


def test_the_word_for_what_customers_create() -> None:
    assert read_application(OURS).record == "account"


def test_without_a_word_of_its_own_it_is_a_record(tmp_path: Path) -> None:
    copy = tmp_path / "crm"
    shutil.copytree(OURS, copy)
    description = copy / "application.toml"
    lines = description.read_text("utf-8").splitlines(keepends=True)
    description.write_text(
        "".join(line for line in lines if not line.startswith("record =")), encoding="utf-8"
    )
    assert read_application(copy).record == "record"
