"""Client of the supervisor: start services and wait until they answer."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from supervisor.xmlrpc import SupervisorTransport

from errors import LabError, WaitTimeout
from waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab import Lab
    from services import Service

ALREADY_STARTED = 60  # supervisor.xmlrpc.Faults


class Supervisor:
    """The lab's supervisor, over its socket. Methods raise OSError when it does not answer."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        transport = SupervisorTransport(None, None, f"unix://{lab.state}/supervisor.sock")
        self._rpc: Any = xmlrpc.client.ServerProxy("http://lab", transport=transport).supervisor

    def start(self, services: Sequence[Service], timeout: float = 90) -> None:
        """Start services that do not run; wait until all with an address answer.

        ``timeout``: seconds for each. Raises LabError with a service that does not answer, and its
        log.
        """
        for service in services:
            try:
                self._rpc.startProcess(service.name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != ALREADY_STARTED:
                    raise LabError(
                        f"{service.name} cannot be started: {fault.faultString}",
                        self.lab.log(service.name),
                    ) from fault
        for service in services:
            if service.answers:
                self._wait(service, timeout)

    def started(self, name: str) -> float:
        """Start time of its process in seconds of the wall clock. Raises LabError, with the end of
        its log, when supervisor has given it up."""
        info = self._rpc.getProcessInfo(name)
        if info["statename"] not in {"RUNNING", "STARTING", "BACKOFF"}:
            words = info["spawnerr"] or info["statename"]
            raise LabError(f"{name} does not start ({words})", self.lab.log(name))
        return float(info["start"])

    def states(self) -> dict[str, str]:
        """Service → its state in supervisor's terms."""
        return {info["name"]: info["statename"] for info in self._rpc.getAllProcessInfo()}

    def shut_down(self) -> None:
        """Stop all services at the same time, then the supervisor, which ends the lab."""
        self._rpc.stopAllProcesses(True)
        self._rpc.shutdown()

    def _wait(self, service: Service, timeout: float) -> None:
        def alive() -> None:
            self.started(service.name)

        try:
            wait_for(
                lambda: _answer(service.answers),
                lambda answer: answer == "yes",
                waiting_for=f"{service.name} at {service.answers}",
                timeout=timeout,
                alive=alive,
                transient=(OSError, http.client.HTTPException),
            )
        except WaitTimeout as error:
            raise LabError(str(error), self.lab.log(service.name)) from error


def _answer(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(parts.path)
        return "yes"
    assert parts.hostname
    assert parts.port
    if parts.scheme == "tcp":
        socket.create_connection((parts.hostname, parts.port), timeout=5).close()
        return "yes"
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", parts.path)
        status = connection.getresponse().status
    finally:
        connection.close()
    # a version list (200, 300) or a demand for a token (401): the application is loaded
    return "yes" if status < 500 else f"HTTP status {status}"
