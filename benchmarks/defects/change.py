"""A defect of the deployed set: what it changes, who should notice it, and where it is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.links import Link


@dataclass(frozen=True, slots=True)
class Change:
    """``old`` has to be in ``file`` exactly once, unless it is changed ``everywhere``."""

    file: str
    old: str
    new: str
    everywhere: bool = False

    def apply(self, directory: Path) -> None:
        path = directory / self.file
        text = path.read_text(encoding="utf-8")
        found = text.count(self.old)
        if found == 0 or (found > 1 and not self.everywhere):
            sys.exit(f"{self.file} has {found} times, not once: {self.old!r}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Defect:
    """``links``: those that are right for a diagnosis to name."""

    name: str
    changes: tuple[Change, ...]
    scenarios: tuple[str, ...]
    links: tuple[Link, ...]
