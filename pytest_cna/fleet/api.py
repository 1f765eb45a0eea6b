"""fleet's HTTP API, version 1, at whichever machine answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from pytest_cna.errors import FleetError
from pytest_cna.model import FleetMachine, UnitState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONNECT_TIMEOUT = 0.5
"""Seconds; the endpoint of a lost machine must not hold up the others."""


class Fleet:
    """``endpoints`` are ``http://address:port`` of machines; ``timeout`` is seconds to answer."""

    def __init__(self, endpoints: Sequence[str], timeout: float = 5.0) -> None:
        self.endpoints = list(endpoints)
        self._timeout = timeout

    def machines(self) -> list[FleetMachine]:
        """The machines fleet takes for alive."""
        return [
            FleetMachine(row["id"], row.get("primaryIP", ""), row.get("metadata") or {})
            for row in self._pages("machines", "machines")
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

    def start(self, unit: str) -> None:
        self._put(unit, "launched")

    def stop(self, unit: str) -> None:
        self._put(unit, "loaded")

    def _put(self, unit: str, desired_state: str) -> None:
        self._ask("PUT", f"units/{unit}", body={"desiredState": desired_state, "name": unit})

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            page = self._ask("GET", path, {"nextPageToken": token} if token else None).json()
            yield from page.get(key, [])
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> requests.Response:
        refusals = []
        for endpoint in list(self.endpoints):
            try:
                response = requests.request(
                    method,
                    f"{endpoint}/fleet/v1/{path}",
                    timeout=(CONNECT_TIMEOUT, self._timeout),
                    params=query,
                    json=body,
                )
            except requests.RequestException as error:
                refusals.append(f"{endpoint}: {type(error).__name__}")
                continue
            # the one that answers is asked first from now on
            self.endpoints.remove(endpoint)
            self.endpoints.insert(0, endpoint)
            if response.ok:
                return response
            raise FleetError(f"fleet at {endpoint} refused {method} {path}: {response.text}")
        raise FleetError(f"fleet answers on no machine ({'; '.join(refusals)})")
