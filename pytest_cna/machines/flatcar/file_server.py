"""A web server for booting machines: it serves one directory on one address of this computer."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProvisionError

if TYPE_CHECKING:
    from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing: the terminal belongs to the run."""


class FileServer:
    """A server that runs from its creation to ``close``. Raises ProvisionError when it cannot
    listen on the address."""

    def __init__(self, directory: Path, address: str) -> None:
        handler = partial(_Quiet, directory=str(directory))
        try:
            self._server = ThreadingHTTPServer((address, 0), handler)
        except OSError as error:
            raise ProvisionError(
                f"the web server for machines cannot listen on {address}: {error.strerror}"
            ) from error
        self.url = f"http://{address}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Idempotent."""
        self._server.shutdown()
        self._server.server_close()
