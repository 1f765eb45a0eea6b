"""The Docker transport: commands on a machine that is a container, through the Docker API."""

from __future__ import annotations

import shlex
import struct
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import docker
import testinfra
from docker.errors import APIError, DockerException, NotFound
from requests.exceptions import RequestException

from pytest_cna.core.errors import CommandTimeout, TransportError
from pytest_cna.core.model import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

TIMED_OUT = 124  # exit status of timeout(1)
SLACK = 60  # seconds that Docker itself may take, beyond the command
STREAM_TIMEOUT = 24 * 3600  # an event stream may be silent for long


class DockerTransport:
    """Runs commands in ``container``; ``machine`` is its name in messages."""

    def __init__(self, api: docker.APIClient, container: str, machine: str) -> None:
        self.container = container
        self.machine = machine
        self._api = api

    def run(self, command: str, timeout: float) -> CommandResult:
        # timeout runs on the machine: closing the connection would not end the process
        argv = ["timeout", "-k", "2", f"{timeout:g}", "/bin/sh", "-c", command]
        try:
            created = self._api.exec_create(self.container, argv)
            stdout, stderr = self._output(created["Id"], timeout)
            status = self._api.exec_inspect(created["Id"])["ExitCode"]
            lost = status is None or (status > TIMED_OUT and not self._running())
        except (APIError, RequestException) as error:
            raise TransportError(
                f"machine {self.machine} (container {self.container}) cannot be reached to run "
                f"'{command}': {error}"
            ) from error
        if lost:
            raise TransportError(f"machine {self.machine} went down while it ran '{command}'")
        if status == TIMED_OUT:
            raise CommandTimeout(
                f"'{command}' on machine {self.machine} did not end within {timeout:g} s"
            )
        return CommandResult(command, status, _text(stdout), _text(stderr))

    def _output(self, command: str, timeout: float) -> tuple[bytes, bytes]:
        """Standard output and standard error of a created exec.

        The SDK's ``exec_start`` is not used: it bypasses the response's buffer and so loses output
        that arrives together with the headers.
        """
        response = self._api.post(
            f"{self._api.base_url}/v{self._api.api_version}/exec/{command}/start",
            json={"Detach": False, "Tty": False},
            timeout=timeout + SLACK,
        )
        if not response.ok:
            raise APIError(response.reason, response, explanation=response.text)
        streams = {1: b"", 2: b""}
        rest = response.content
        while rest:
            # Docker's frames: the stream's number, the length, the bytes
            stream, length = struct.unpack(">BxxxL", rest[:8])
            streams[stream] += rest[8 : 8 + length]
            rest = rest[8 + length :]
        return streams[1], streams[2]

    @contextmanager
    def stream(self, command: str) -> Iterator[Iterator[str]]:
        api = docker.APIClient(timeout=STREAM_TIMEOUT)
        lines = self._lines(api, f"echo $$; exec {command}")
        process = next(lines, "")
        try:
            yield lines
        finally:
            if process:
                with suppress(TransportError, CommandTimeout):
                    self.run(f"kill {shlex.quote(process)} 2>/dev/null || true", 5)
            api.close()

    def _lines(self, api: docker.APIClient, command: str) -> Iterator[str]:
        rest = ""
        with suppress(DockerException, RequestException, OSError, ValueError):
            created = api.exec_create(self.container, ["/bin/sh", "-c", command], stderr=False)
            for chunk in api.exec_start(created["Id"], stream=True):
                *lines, rest = (rest + _text(chunk)).split("\n")
                yield from lines
        if rest:
            yield rest

    def host(self) -> Host:
        return testinfra.get_host(f"docker://{self.container}")

    def _running(self) -> bool:
        try:
            state: dict[str, Any] = self._api.inspect_container(self.container)["State"]
        except NotFound:
            return False
        return bool(state["Running"])


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")
