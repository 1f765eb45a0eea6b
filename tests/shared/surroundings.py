"""What a sidekick has to do with, outside a machine: an etcd of one member, a page to probe."""

from __future__ import annotations

import shutil
import subprocess
import threading
from base64 import b64decode, b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from haproxy import free_port

from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


class Etcd:
    """One member with its data in a directory, on ports of its own."""

    def __init__(self, directory: Path) -> None:
        found = shutil.which("etcd") or "/usr/bin/etcd"
        if not Path(found).exists():
            pytest.fail("there is no etcd; run: apt-get install etcd-server", pytrace=False)
        self.url = f"http://127.0.0.1:{free_port()}"
        peers = f"http://127.0.0.1:{free_port()}"
        self._log = directory / "etcd.log"
        self._command = [found, "--data-dir", str(directory / "etcd"), "--unsafe-no-fsync"]
        self._command += ["--listen-client-urls", self.url, "--advertise-client-urls", self.url]
        self._command += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        self._command += ["--initial-cluster", f"default={peers}", "--logger", "zap"]
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        # a proxy of the environment is not for 127.0.0.1, and a kept connection not for a restart
        self._session.trust_env = False
        self._session.headers["Connection"] = "close"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_for(
            lambda: self._session.get(f"{self.url}/health", timeout=1).ok,
            waiting_for="etcd to be healthy",
            timeout=20,
            transient=(requests.RequestException,),
            alive=self._check,
        )

    def _check(self) -> None:
        if self._process is None or self._process.poll() is not None:
            pytest.fail(f"etcd ended; its log: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.stop()
        self._session.close()

    def put(self, key: str, value: str) -> None:
        self._ask("kv/put", {"key": _encode(key), "value": _encode(value)})

    def keys(self) -> dict[str, tuple[str, str]]:
        """Every key under /services with its value and its lease."""
        answer = self._ask(
            "kv/range", {"key": _encode("/services/"), "range_end": _encode("/services0")}
        )
        return {
            b64decode(row["key"]).decode(): (b64decode(row["value"]).decode(), row.get("lease", ""))
            for row in answer.get("kvs", [])
        }

    def _ask(self, call: str, body: dict[str, str]) -> dict[str, list[dict[str, str]]]:
        response = self._session.post(f"{self.url}/v3/{call}", json=body, timeout=2)
        response.raise_for_status()
        answer: dict[str, list[dict[str, str]]] = response.json()
        return answer


def _encode(text: str) -> str:
    return b64encode(text.encode()).decode()


class Page:
    """An HTTP server that answers everything with ``status`` and ``text``; silent until entered."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.text = ""
        self.asked = 0

    @contextmanager
    def served(self) -> Iterator[None]:
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page.asked += 1
                self.send_response(page.status)
                self.end_headers()
                self.wfile.write(page.text.encode())

            def log_message(self, *values: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
