"""The ssh key pair of a run for the machines that it creates."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def key(directory: Path) -> Path:
    """Path of the private key in the session's ``directory``."""
    return directory / "id_ed25519"


def make_key(directory: Path) -> str:
    """The public key; the pair is created if it is missing."""
    private = key(directory)
    if not private.exists():
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "pytest-cna"]
        subprocess.run([*keygen, "-f", str(private)], check=True, stdin=subprocess.DEVNULL)
    return private.with_suffix(".pub").read_text("utf-8").strip()
