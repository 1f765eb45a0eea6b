"""fleet's HTTP API, version 1, at whichever machine answers.

Source of paths, shapes and statuses: fleet's ``Documentation/api-v1.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from pytest_cna.errors import FleetError, FleetRefused
from pytest_cna.model import FleetMachine, Unit, UnitState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.fleet.unit_file import UnitFile

CONNECT_TIMEOUT = 0.5
"""Seconds; the endpoint of a lost machine must not hold up the others."""

NEXT_STEP = {
    400: "correct the unit file: fleet takes it for invalid",
    404: "submit the unit first",
    405: "the server at that port is no fleet of API version 1",
    409: "destroy the unit before submitting other contents under its name",
    415: "the server at that port is no fleet of API version 1",
    500: "see fleet's journal on that machine; etcd may have no quorum",
    503: "see fleet's journal on that machine; etcd may have no quorum",
}


class Fleet:
    """``endpoints`` are ``http://address:port`` of machines; ``timeout`` is seconds to answer.

    Every method raises FleetError when no machine answers, FleetRefused with fleet's own words
    when one says no.
    """

    def __init__(self, endpoints: Sequence[str], timeout: float = 5.0) -> None:
        self.endpoints = list(endpoints)
        self._timeout = timeout

    def machines(self) -> list[FleetMachine]:
        """The machines fleet takes for alive."""
        return [
            FleetMachine(row["id"], row.get("primaryIP", ""), row.get("metadata") or {})
            for row in self._pages("machines", "machines")
        ]

    def units(self) -> list[Unit]:
        """Every unit fleet knows, templates that were submitted included."""
        return [
            Unit(
                name=row["name"],
                desired_state=row.get("desiredState", ""),
                current_state=row.get("currentState", ""),
                machine_id=row.get("machineID", ""),
            )
            for row in self._pages("units", "units")
        ]

    def states(self) -> list[UnitState]:
        """Every unit on every machine, in systemd's words."""
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
        """Create the unit, or only set the state of one that has the same contents.

        An instance is submitted under its own name with its template's contents, as fleetctl does.
        """
        body = {"name": unit, "desiredState": desired_state, "options": file.options()}
        self._ask("PUT", f"units/{unit}", body=body)

    def load(self, unit: str) -> None:
        """Have it placed on a machine, not started."""
        self._set(unit, "loaded")

    def start(self, unit: str) -> None:
        self._set(unit, "launched")

    def stop(self, unit: str) -> None:
        """Stopped, it stays on its machine."""
        self._set(unit, "loaded")

    def unload(self, unit: str) -> None:
        """Stopped, and taken from its machine."""
        self._set(unit, "inactive")

    def destroy(self, unit: str) -> None:
        """Idempotent: a unit that is not there is no error."""
        self._ask("DELETE", f"units/{unit}", allowed=404)

    def _set(self, unit: str, desired_state: str) -> None:
        self._ask("PUT", f"units/{unit}", body={"name": unit, "desiredState": desired_state})

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            page = self._ask("GET", path, {"nextPageToken": token} if token else None).json()
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
        silent = []
        for endpoint in list(self.endpoints):
            try:
                with requests.Session() as session:
                    # a proxy of the environment does not know the cluster's network
                    session.trust_env = False
                    response = session.request(
                        method,
                        f"{endpoint}/fleet/v1/{path}",
                        timeout=(CONNECT_TIMEOUT, self._timeout),
                        params=query,
                        json=body,
                    )
            except requests.RequestException as error:
                silent.append(f"{endpoint}: {type(error).__name__}")
                continue
            # the one that answers is asked first from now on
            others = [other for other in self.endpoints if other != endpoint]
            self.endpoints = [endpoint, *others]
            if response.ok or response.status_code == allowed:
                return response
            raise _refusal(response, f"{method} {path}", endpoint)
        raise FleetError(f"fleet answers on no machine ({'; '.join(silent)})")


def _refusal(response: requests.Response, asked: str, endpoint: str) -> FleetRefused:
    try:
        words = response.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        words = response.text.strip() or response.reason
    status = response.status_code
    step = NEXT_STEP.get(status)
    return FleetRefused(
        f"fleet at {endpoint} refused {asked}: {words} (HTTP {status})"
        + (f"; {step}" if step else "")
    )
