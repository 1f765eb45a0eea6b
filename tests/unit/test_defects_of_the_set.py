"""The defects that ``make defects`` puts into the deployed set still fit its files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from table import DEFECTS
from try_out import WAITED

if TYPE_CHECKING:
    from change import Defect

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.name)
def test_a_defect_fits_the_files_that_it_changes(defect: Defect, tmp_path: Path) -> None:
    changes = (*defect.changes, *WAITED)
    for file in {change.file for change in changes}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for change in changes:
        before = (tmp_path / change.file).read_text("utf-8")
        change.apply(tmp_path)
        assert (tmp_path / change.file).read_text("utf-8") != before
