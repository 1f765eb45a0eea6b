"""fleetd, fleetctl, confd and the sidekick, built from pinned Go modules: no distribution has them.

``infra/tools`` has two modules, because fleet and the etcd v3 client need different versions of
grpc.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProvisionError
from pytest_cna.machines.artefacts.go_toolchain import GoToolchain, find_go
from pytest_cna.machines.infra import infra_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BUILD_TIMEOUT = 900.0
# without -X fleet calls itself 0.0.0+wasnotbuiltproperly
LINKING = "-s -w -X github.com/coreos/fleet/version.Version={fleet}"


@dataclass(frozen=True, slots=True)
class Program:
    """A program, built from ``package`` in the module ``infra/tools/<module>``."""

    name: str
    module: str
    package: str


PROGRAMS = (
    Program("fleetd", "fleet", "github.com/coreos/fleet"),
    Program("fleetctl", "fleet", "github.com/coreos/fleet/fleetctl"),
    Program("confd", "discovery", "github.com/abtreece/confd/cmd/confd"),
    Program("sidekick", "discovery", "./sidekick"),
)


@dataclass(frozen=True, slots=True)
class Tools:
    """Built programs, static and stripped."""

    directory: Path
    paths: Mapping[str, Path]
    """Program name → its file."""
    versions: Mapping[str, str]
    """Versions of fleet, confd and go."""
    digest: str
    """Digest of their sources (12 hex digits)."""


def tool_versions() -> dict[str, str]:
    """Pinned versions, read from the modules without building anything."""
    pins = {
        "fleet": ("fleet", "github.com/coreos/fleet"),
        "confd": ("discovery", "github.com/abtreece/confd"),
    }
    versions = {}
    for name, (module, package) in pins.items():
        text = (_source() / module / "go.mod").read_text(encoding="utf-8")
        pinned = re.search(rf"\b{re.escape(package)} v(\S+)", text)
        versions[name] = pinned[1] if pinned else "unknown"
    return versions


def build_tools(progress: Callable[[str], None]) -> Tools:
    """Build the tools, unless they are cached for this ``infra/tools`` and version of Go.

    Concurrent runs build the same tools once. Raises ConfigurationError when there is no Go
    toolchain, ProvisionError with the end of Go's output when a build fails.
    """
    go = find_go()
    versions = tool_versions()
    digest = _digest(go)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pytest-cna/tools"
    directory = cache / digest
    if not directory.is_dir():
        with _alone(cache, progress):
            # the run that held the lock may have built the same tools
            if not directory.is_dir():
                _build_all(go, versions["fleet"], directory, progress)
    paths = {program.name: directory / program.name for program in PROGRAMS}
    return Tools(directory, paths, versions | {"go": go.version}, digest)


def _source() -> Path:
    return infra_directory() / "tools"


def _digest(go: GoToolchain) -> str:
    digest = hashlib.sha256(f"{go.version} {LINKING} {PROGRAMS}".encode())
    for path in sorted(_source().rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            digest.update(f"\0{path.relative_to(_source())}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _alone(cache: Path, progress: Callable[[str], None]) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / ".lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"the built tools cannot be cached in {cache}: {error.strerror}; "
            "set XDG_CACHE_HOME to a directory that can be written"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another run that builds the tools")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_all(
    go: GoToolchain, fleet: str, directory: Path, progress: Callable[[str], None]
) -> None:
    with tempfile.TemporaryDirectory(dir=directory.parent) as work:
        built = Path(work) / "built"
        for program in PROGRAMS:
            progress(f"building {program.name} with Go {go.version} (once)")
            _build(go, program, built / program.name, LINKING.format(fleet=fleet))
        built.rename(directory)


def _build(go: GoToolchain, program: Program, target: Path, linking: str) -> None:
    try:
        built = subprocess.run(
            [str(go.program), "build", "-mod=readonly", "-trimpath", "-ldflags", linking]
            + ["-o", str(target), program.package],
            cwd=_source() / program.module,
            env=os.environ
            | {"CGO_ENABLED": "0", "GOOS": "linux", "GOFLAGS": "-buildvcs=false"}
            | {"GOTOOLCHAIN": "local", "GOWORK": "off"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(
            f"{program.name} was not built within {BUILD_TIMEOUT:.0f} s; check that Go's module "
            "proxy (go env GOPROXY) can be reached"
        ) from error
    if built.returncode:
        tail = "\n".join(built.stderr.splitlines()[-15:]) or "nothing"
        raise ProvisionError(
            f"{program.name} could not be built with Go {go.version} ({go.program}); "
            f"the log ends:\n{tail}"
        )
