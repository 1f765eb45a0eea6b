"""The Docker engine of this computer: found, or started for the run when none runs."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import docker
from docker.errors import DockerException

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.shared_daemons import SharedDaemons

if TYPE_CHECKING:
    from collections.abc import Callable

START_TIMEOUT = 60.0


class DockerEngine:
    """A connection to the engine."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._shared = SharedDaemons("dockerd", progress)
        self._client: docker.DockerClient | None = None

    @property
    def client(self) -> docker.DockerClient:
        """Raises ConfigurationError with what to do when no engine answers or may be started."""
        if self._client is None:
            with self._shared.enter():
                self._client = self._connect()
        return self._client

    def require(self) -> None:
        """Start an engine when none answers. Raises ConfigurationError as ``client`` does."""
        _ = self.client

    def _connect(self) -> docker.DockerClient:
        try:
            return docker.from_env(timeout=120)
        except DockerException as error:
            refusal = str(error)
        if os.environ.get("DOCKER_HOST"):
            raise ConfigurationError(
                f"Docker at DOCKER_HOST={os.environ['DOCKER_HOST']} does not answer ({refusal}); "
                "start it, or unset DOCKER_HOST"
            )
        if "Permission denied" in refusal:
            raise ConfigurationError(
                "Docker runs but this user may not use it; run: sudo usermod -aG docker $USER, "
                "log in again, and repeat"
            )
        if shutil.which("dockerd") is None:
            raise ConfigurationError(
                "no Docker engine answers and none is installed; run: apt-get install docker.io "
                "(or your distribution's Docker), and repeat"
            )
        if os.geteuid() != 0:
            raise ConfigurationError(
                "no Docker engine answers and only root may start one; run: "
                "sudo systemctl start docker (without systemd: sudo dockerd &), and repeat"
            )
        return self._shared.start(
            [["dockerd"]],
            lambda: docker.from_env(timeout=120),
            START_TIMEOUT,
            (DockerException,),
        )

    def stop(self) -> None:
        """End the engine if a run started it and it is unused: by other runs, and by containers
        of other users."""
        self._shared.leave(self._unused)
        if self._client is not None:
            self._client.close()
            self._client = None

    def _unused(self) -> bool:
        # an engine that says nothing is of no use to anybody (requests' errors are OSErrors)
        with suppress(DockerException, OSError):
            return not (self._client and self._client.containers.list())
        return True
