"""The directory of the definitions that machines and tools are built from."""

from __future__ import annotations

from pathlib import Path


def infra_directory() -> Path:
    """``infra/`` of the checkout, or its copy in the wheel."""
    package = Path(__file__).parents[1]
    installed = package / "infra"
    return installed if installed.is_dir() else package.parent / "infra"
