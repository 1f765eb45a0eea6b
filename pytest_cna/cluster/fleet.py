"""Client of fleet's HTTP API, version 1; a request goes to the machines in turn until one answers.

Source of paths, shapes and statuses: fleet's ``Documentation/api-v1.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import requests

from pytest_cna.core.errors import FleetError, FleetRefused, FleetUnable
from pytest_cna.core.model import FleetMachine, Unit, UnitState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.deployment.unit_file import UnitFile

CONNECT_TIMEOUT = 0.5
"""Seconds to connect; short, so that a lost machine does not delay the others' answers."""

JOURNAL = "see fleet's journal on that machine"
NEXT_STEP = {
    400: "correct the unit file: fleet considers it invalid",
    404: "submit the unit first",
    405: "the server at that port is not fleet's API, version 1",
    409: "submit the unit with its contents first",
    415: "the server at that port is not fleet's API, version 1",
}
UNABLE = 500
"""HTTP status from which on the fault is that of one machine's fleet; another may succeed."""


class Fleet:
    """Client of fleet's API.

    ``endpoints`` are ``http://address:port`` of machines; ``timeout`` is the seconds for one
    answer. Every method raises FleetUnable, a FleetError, when no machine's fleet answers or is
    able to serve the request (it has lost etcd, say), and FleetRefused with fleet's own message
    when fleet refuses it.
    """

    def __init__(self, endpoints: Sequence[str], timeout: float = 5.0) -> None:
        self.endpoints = list(endpoints)
        self.timeout = timeout

    def machines(self) -> list[FleetMachine]:
        """The machines that fleet considers alive."""
        return [
            FleetMachine(row["id"], row.get("primaryIP", ""), row.get("metadata") or {})
            for row in self._pages("machines", "machines")
        ]

    def units(self) -> list[Unit]:
        """Every unit that was submitted, templates included."""
        return [_unit(row) for row in self._pages("units", "units")]

    def unit(self, name: str) -> Unit | None:
        """The unit as fleet has it; None when it was not submitted."""
        response = self._ask("GET", _path(name), allowed=404)
        return _unit(_content(response)) if response.ok else None

    def states(self) -> list[UnitState]:
        """The state of every unit on every machine, in systemd's words."""
        return [
            UnitState(
                name=row["name"],
                machine_id=row["machineID"],
                load=row["systemdLoadState"],
                active=row["systemdActiveState"],
                sub=row["systemdSubState"],
            )
            for row in self._pages("state", "states")
        ]

    def submit(self, unit: str, file: UnitFile, desired_state: str = "inactive") -> None:
        """Create the unit, or only set the desired state of one with the same contents.

        An instance is submitted under its own name with its template's contents, as fleetctl does.
        A unit with other contents is replaced where it runs: fleet 1.0.0 refuses only new units.
        """
        body = {"name": unit, "desiredState": desired_state, "options": file.options()}
        self._ask("PUT", _path(unit), body=body)

    def load(self, unit: str) -> None:
        """Place the unit on a machine without starting it."""
        self._set(unit, "loaded")

    def start(self, unit: str) -> None:
        """Start the unit; one without a machine is placed on one first."""
        self._set(unit, "launched")

    def stop(self, unit: str) -> None:
        """Stop the unit; it stays on its machine."""
        self._set(unit, "loaded")

    def unload(self, unit: str) -> None:
        """Stop the unit and remove it from its machine."""
        self._set(unit, "inactive")

    def destroy(self, unit: str) -> None:
        """Remove the unit from fleet. Idempotent: an unknown unit is no error."""
        self._ask("DELETE", _path(unit), allowed=404)

    def _set(self, unit: str, desired_state: str) -> None:
        self._ask("PUT", _path(unit), body={"name": unit, "desiredState": desired_state})

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            page = _content(self._ask("GET", path, {"nextPageToken": token} if token else None))
            yield from page.get(key) or []
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        allowed: int = 0,
    ) -> requests.Response:
        asked, failed, unable = f"{method} {unquote(path)}", [], False
        for endpoint in list(self.endpoints):
            try:
                with requests.Session() as session:
                    # a proxy set in the environment cannot reach the cluster's network
                    session.trust_env = False
                    response = session.request(
                        method,
                        f"{endpoint}/fleet/v1/{path}",
                        timeout=(CONNECT_TIMEOUT, self.timeout),
                        params=query,
                        json=body,
                    )
            except requests.RequestException as error:
                failed.append(f"{endpoint}: {type(error).__name__}")
                continue
            status = response.status_code
            if status >= UNABLE:
                failed.append(f"{endpoint}: {_words(response)} (HTTP {status})")
                unable = True
                continue
            # ask this machine first from now on
            others = [other for other in self.endpoints if other != endpoint]
            self.endpoints = [endpoint, *others]
            if response.ok or status == allowed:
                return response
            raise FleetRefused(
                f"fleet at {endpoint} refused {asked}: {_words(response)} (HTTP {status}); "
                f"{NEXT_STEP.get(status, JOURNAL)}"
            )
        because = "; ".join(failed)
        if unable:
            raise FleetUnable(f"no machine's fleet could {asked} ({because}); {JOURNAL}")
        raise FleetUnable(f"no machine's fleet answered {asked} ({because})")


def _path(unit: str) -> str:
    return f"units/{quote(unit, safe='@:')}"


def _unit(row: dict[str, Any]) -> Unit:
    return Unit(
        name=row["name"],
        desired_state=row.get("desiredState", ""),
        current_state=row.get("currentState", ""),
        machine_id=row.get("machineID", ""),
    )


def _content(response: requests.Response) -> dict[str, Any]:
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise FleetError(f"{response.url} gave no JSON object: {NEXT_STEP[405]}")
    return content


def _words(response: requests.Response) -> str:
    """fleet's error message; the HTTP reason where fleet sends a status alone."""
    try:
        words = response.json()["error"].get("message", "")
    except (ValueError, LookupError, TypeError, AttributeError):
        words = response.text.strip().partition("\n")[0][:200]
    return words or response.reason
