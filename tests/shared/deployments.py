"""Small deployments in a temporary directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path, toml: str, units: dict[str, str] | None = None) -> Path:
    """A ``deployment.toml`` beside its unit files; value of ``units``: the text after [Service]."""
    for name, text in (units or {}).items():
        (directory / name).write_text(f"[Service]\nExecStart=/bin/true\n{text}", "utf-8")
    path = directory / "deployment.toml"
    path.write_text(toml, encoding="utf-8")
    return path
