"""The project under test and what tests it, as the report names them."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 10


def commit(project: Path) -> str:
    """Of the git work tree that ``project`` is in, with ``+`` behind it when tracked files differ
    from it; empty when it is in none, or there is no git."""
    head = _git(project, "rev-parse", "HEAD")
    if not head:
        return ""
    return f"{head}+" if _git(project, "status", "--porcelain", "-uno") else head


def _git(project: Path, *arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if said.returncode else said.stdout.strip()


def versions() -> dict[str, str]:
    """Of the packages that judge."""
    found = {"Python": platform.python_version()}
    for package in ("pytest-cna", "pytest", "pytest-bdd"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # used from a source tree that is not installed
            continue
    return found
