"""The transport against a Docker that answers as fast as it can: all in one piece."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.client import parse_headers
from pathlib import Path

import docker
import pytest

from pytest_cna.core.errors import TransportError
from pytest_cna.machines.transports.docker import DockerTransport

Answers = dict[str, tuple[str, bytes]]


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def answered(status: str, body: bytes, kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Answers], DockerTransport]]:
    """A Docker that gives these answers, by the end of the path."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "docker.sock"))
    server.listen()
    api = docker.APIClient(f"unix://{tmp_path}/docker.sock", version="1.41")

    def work(answers: Answers) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as request:
                path = request.readline().split()[1].decode()
                # what is left unread when the connection is closed would take the answer along
                request.read(int(parse_headers(request).get("Content-Length", 0)))
                status, body = next(each for end, each in answers.items() if path.endswith(end))
                # the headers and all of the output at once
                connection.sendall(answered(status, body))

    def start(answers: Answers) -> DockerTransport:
        threading.Thread(target=work, args=(answers,), daemon=True).start()
        return DockerTransport(api, "cna-1-core-1", "core-1")

    yield start
    api.close()
    server.shutdown(socket.SHUT_RDWR)
    server.close()


CREATED = ("201 Created", json.dumps({"Id": "e1"}).encode())
ENDED = ("200 OK", json.dumps({"ExitCode": 3}).encode())


def test_output_that_comes_with_the_headers(
    serve: Callable[[Answers], DockerTransport],
) -> None:
    output = frame(1, b"a\n" * 5000) + frame(2, b"oh\n") + frame(1, b"b\n")
    transport = serve({"/exec": CREATED, "/start": ("200 OK", output), "/json": ENDED})
    result = transport.run("anything", 5)
    assert result.stdout == "a\n" * 5000 + "b\n"
    assert result.stderr == "oh\n"
    assert result.exit_status == 3


def test_a_machine_that_ended_meanwhile(serve: Callable[[Answers], DockerTransport]) -> None:
    refused = ("409 Conflict", json.dumps({"message": "Container is not running"}).encode())
    transport = serve({"/exec": CREATED, "/start": refused})
    with pytest.raises(TransportError, match=r"machine core-1 .*Container is not running"):
        transport.run("anything", 5)
