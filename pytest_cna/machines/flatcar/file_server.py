"""A web server for machines that boot: one directory, on one address of this computer."""

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
        """Nothing: the terminal is the run's."""


class FileServer:
    """Serves from its making until ``close``. Raises ProvisionError when it may not listen
    there."""

    def __init__(self, directory: Path, address: str) -> None:
        handler = partial(_Quiet, directory=str(directory))
        try:
            self._server = ThreadingHTTPServer((address, 0), handler)
        except OSError as error:
            raise ProvisionError(
                f"nothing can be served to machines at {address}: {error.strerror}"
            ) from error
        self.url = f"http://{address}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Idempotent."""
        self._server.shutdown()
        self._server.server_close()
