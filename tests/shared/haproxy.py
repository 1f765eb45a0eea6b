"""A real HAProxy for tests, in front of nothing: it can answer by itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEFAULTS = """
defaults
    mode http
    timeout connect 200ms
    timeout client 10s
    timeout server 5s
    timeout tarpit 5s
"""

APPLICATION = """
    http-request return status 303 hdr Set-Cookie sid=1 hdr X-Served-By {name} if {{ path /login }}
    http-request return status 401 unless {{ req.cook(sid) -m found }}
    http-request return status 201 hdr X-Served-By {name} if METH_POST
    http-request return status 200 hdr X-Served-By {name}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class HAProxy:
    """A real HAProxy that a test may stop, kill and start again."""

    def __init__(self, directory: Path, sections: str) -> None:
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self._file = directory / f"haproxy-{self.port}.cfg"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(sections)

    def configure(self, sections: str) -> None:
        """``sections`` begins with what belongs to the frontend that customers use."""
        self._file.write_text(
            f"{DEFAULTS}\nfrontend customers\n    bind 127.0.0.1:{self.port}\n{sections}\n",
            encoding="utf-8",
        )

    def start(self) -> HAProxy:
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.fail("these tests need a real HAProxy: apt-get install haproxy")
        self._process = subprocess.Popen([program, "-db", "-q", "-f", str(self._file)])
        wait_for(self._listens, waiting_for=f"HAProxy on {self.endpoint}", timeout=5, interval=0.01)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def haproxies(directory: Path) -> Iterator[Callable[[str], HAProxy]]:
    """Starts HAProxys with the sections it is given; kills them when the context is left."""
    started: list[HAProxy] = []

    def start(sections: str) -> HAProxy:
        started.append(HAProxy(directory, sections))
        return started[-1].start()

    try:
        yield start
    finally:
        for each in started:
            each.kill()
