"""Container images, built only when their sources have changed."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import docker
from docker.errors import DockerException, ImageNotFound

from pytest_cna.core.errors import ConfigurationError, ImageBuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEBIAN = "debian:bookworm-slim"
# makes the project's own Debian root file system when no image can be pulled
BOOTSTRAP = (
    "mmdebstrap",
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "bookworm",
    "-",
)
LOG_LINES = 25


def debian_root(client: docker.DockerClient, progress: Callable[[str], None]) -> str:
    """The tag of an image with a Debian bookworm root file system.

    Docker has it, pulls it, or it is made here by mmdebstrap. Raises ImageBuildError, or
    ConfigurationError with the package to install.
    """
    made = f"cna-debian:{hashlib.sha256(repr(BOOTSTRAP).encode()).hexdigest()[:12]}"
    for tag in (DEBIAN, made):
        if _has(client, tag):
            return tag
    try:
        client.images.pull(DEBIAN)
    except DockerException:
        progress(f"{DEBIAN} cannot be pulled; making a Debian root with mmdebstrap (once)")
    else:
        return DEBIAN
    if shutil.which(BOOTSTRAP[0]) is None:
        raise ConfigurationError(
            f"Docker has no {DEBIAN} and cannot pull it, and mmdebstrap, which could make it, is "
            "missing; run: apt-get install mmdebstrap, and repeat"
        )
    with tempfile.NamedTemporaryFile() as root:
        bootstrap = subprocess.run(
            BOOTSTRAP, stdin=subprocess.DEVNULL, stdout=root, stderr=subprocess.PIPE, check=False
        )
        if bootstrap.returncode:
            lines = bootstrap.stderr.decode(errors="replace").splitlines()
            raise ImageBuildError("cna-debian", "\n".join(lines[-LOG_LINES:]))
        root.flush()
        repository, tag = made.split(":")
        client.api.import_image_from_file(root.name, repository=repository, tag=tag)
    return made


def build_image(
    client: docker.DockerClient,
    name: str,
    context: Path,
    *,
    base: str,
    extra: Mapping[str, Path | None] | None = None,
    buildargs: Mapping[str, str] | None = None,
    progress: Callable[[str], None],
) -> str:
    """Build ``name:<digest>`` from ``context`` and ``extra`` files added to it (None: empty).

    The digest covers all contents, modes and arguments, and the base: an image that exists is not
    built again. Raises ConfigurationError (no Dockerfile) or ImageBuildError with the end of the
    log.
    """
    if not (context / "Dockerfile").is_file():
        raise ConfigurationError(f"image {name}: there is no {context / 'Dockerfile'}")
    files = _files(context, extra or {})
    # only arguments the Dockerfile declares: a new application version must not change base images
    declared = re.findall(r"^ARG (\w+)", (context / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    given = {"BASE": base, **(buildargs or {})}
    arguments = {name: given[name] for name in declared if name in given}
    digest = _digest(files, arguments)
    tag = f"{name}:{digest[:12]}"
    if _has(client, tag):
        return tag
    progress(f"building image {name} (once)")
    tail: deque[str] = deque(maxlen=LOG_LINES)
    with tempfile.TemporaryFile() as archive:
        _pack(files, archive)
        archive.seek(0)
        for message in client.api.build(
            fileobj=archive,
            custom_context=True,
            tag=tag,
            buildargs=arguments,
            labels={"pytest_cna.image": digest},
            rm=True,
            forcerm=True,
            decode=True,
        ):
            tail.extend(str(message.get("stream", "")).splitlines())
            if "error" in message:
                tail.append(message["error"])
                raise ImageBuildError(name, "\n".join(tail))
    return tag


def _has(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _files(context: Path, extra: Mapping[str, Path | None]) -> dict[str, Path | None]:
    """Path inside the context → file, in a fixed order."""
    files: dict[str, Path | None] = {
        path.relative_to(context).as_posix(): path
        for path in context.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    return dict(sorted((files | dict(extra)).items()))


def _digest(files: Mapping[str, Path | None], arguments: Mapping[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(arguments.items())).encode())
    for name, path in files.items():
        if path is None:
            mode, content = 0o644, b""
        elif path.is_symlink():
            mode, content = 0o777, str(path.readlink()).encode()
        else:
            mode, content = path.stat().st_mode & 0o777, path.read_bytes()
        digest.update(f"{name}\0{mode:o}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _pack(files: Mapping[str, Path | None], archive: io.IOBase) -> None:
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, path in files.items():
            if path is None:
                tar.addfile(tarfile.TarInfo(name))
            else:
                tar.add(path, name, recursive=False)
