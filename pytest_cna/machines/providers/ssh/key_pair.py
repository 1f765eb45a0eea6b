"""The key by which a run gets into machines that it makes and reaches by ssh."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def key(directory: Path) -> Path:
    """The private key of the machines whose things lie in ``directory``."""
    return directory / "id_ed25519"


def make_key(directory: Path) -> str:
    """The public key; made the first time."""
    private = key(directory)
    if not private.exists():
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "pytest-cna"]
        subprocess.run([*keygen, "-f", str(private)], check=True, stdin=subprocess.DEVNULL)
    return private.with_suffix(".pub").read_text("utf-8").strip()
