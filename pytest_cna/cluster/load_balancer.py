"""Client and observer of HAProxy's statistics: the servers that it routes to."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

import requests

from pytest_cna.cluster.observer import Observer
from pytest_cna.core.errors import RoutingError
from pytest_cna.core.events.routing import (
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerAdded,
    ServerEvent,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.core.model import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pytest_cna.core.timeline import Timeline

COLUMNS = ("pxname", "svname", "type", "status", "check_status", "scur")
BACKEND, SERVER = "1", "2"
"""HAProxy's codes in the column ``type``."""


class LoadBalancer:
    """Client of one HAProxy's statistics. ``timeout`` (seconds) limits connecting and, again, the
    answer."""

    def __init__(self, address: str, stats_port: int = 1936, *, timeout: float = 1.0) -> None:
        self.address = address
        self.url = f"http://{address}:{stats_port}/;csv"
        self._timeout = timeout

    def servers(self, backend: str) -> list[Server]:
        """The servers of one backend in HAProxy's order; empty when it has none.

        Raises RoutingError when HAProxy does not answer or has no such backend.
        """
        backends = self.backends()
        if backend not in backends:
            raise RoutingError(
                f"the load balancer at {self.address} has no backend '{backend}'; it has "
                f"{', '.join(sorted(backends)) or 'none'}: is its configuration rendered?"
            )
        return backends[backend]

    def backends(self) -> dict[str, list[Server]]:
        """All backends with their servers. Raises RoutingError when HAProxy does not answer."""
        with requests.Session() as session:
            # a proxy set in the environment cannot reach the cluster's network, and a kept
            # connection would keep the old HAProxy process alive over a reload
            session.trust_env = False
            try:
                response = session.get(
                    self.url, timeout=self._timeout, headers={"Connection": "close"}
                )
                response.raise_for_status()
            except requests.RequestException as error:
                raise RoutingError(
                    f"the load balancer's statistics at {self.url} cannot be read: {_reason(error)}"
                ) from error
        return parse(response.text, self.url)


class RoutingObserver(Observer):
    """Observer that records every change of routing; it polls every ``interval`` seconds.

    ``addresses`` returns the announced load balancers and is called before each poll.
    """

    what = "routing"
    error = RoutingError

    def __init__(
        self,
        timeline: Timeline,
        addresses: Callable[[], Sequence[str]],
        stats_port: int,
        backends: Collection[str],
        interval: float = 0.25,
        client: Callable[[str, int], LoadBalancer] = LoadBalancer,
    ) -> None:
        super().__init__()
        self._timeline = timeline
        self._client = client
        self._addresses = addresses
        self._stats_port = stats_port
        self._backends = frozenset(backends)
        self._interval = interval
        self._seen: dict[str, Mapping[tuple[str, str], Server]] = {}
        self._reachable: dict[str, bool] = {}

    def servers(self) -> list[Server]:
        """The servers of the observed backends as last read; unchanged for a load balancer that
        does not answer."""
        return [server for servers in self._seen.values() for server in servers.values()]

    def look(self) -> None:
        """Poll once, now."""
        addresses = list(dict.fromkeys(self._addresses()))
        for address in self._reachable.keys() - set(addresses):
            self._timeline.record(BalancerGone(address))
            self._seen = {other: seen for other, seen in self._seen.items() if other != address}
            del self._reachable[address]
        for address in addresses:
            try:
                backends = self._client(address, self._stats_port).backends()
            except RoutingError as error:
                self._answers(address, False, error=str(error))
            else:
                self._answers(address, True)
                self._compare(
                    address,
                    {
                        (server.backend, server.name): server
                        for name in self._backends & backends.keys()
                        for server in backends[name]
                    },
                )

    def observe(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self.look()
            # several polls in a row wait for a load balancer whose machine is lost
            self._rest(self._interval, began, waited=not all(self._reachable.values()))

    def _answers(self, address: str, answers: bool, error: str = "") -> None:
        if self._reachable.get(address) is not answers:
            self._reachable[address] = answers
            made = RoutingReachable if answers else RoutingUnreachable
            self._timeline.record(made(address, error=error))

    def _compare(self, address: str, now: Mapping[tuple[str, str], Server]) -> None:
        before = self._seen.get(address, {})
        for key in before.keys() - now.keys():
            self._record(ServerRemoved, before[key], address)
        for key, server in now.items():
            if key not in before:
                self._record(ServerAdded, server, address)
            elif (server.status, server.check) != (before[key].status, before[key].check):
                self._record(ServerStatusChanged, server, address)
        # a new dict each time, so that other threads iterate over one that does not change
        self._seen = {**self._seen, address: now}

    def _record(self, made: type[ServerEvent], server: Server, address: str) -> None:
        event = made(server.name, server.backend, server.status, server.check, address)
        self._timeline.record(event)


def parse(text: str, source: str) -> dict[str, list[Server]]:
    """Servers by backend, from HAProxy's CSV.

    Columns are found by name, because they differ between HAProxy's versions. Raises RoutingError
    naming ``source`` when the text is no such CSV.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise RoutingError(
            f"{source} does not return HAProxy's statistics as CSV: no column "
            f"{', '.join(missing)}; it begins {text[:80]!r}"
        )
    backends: dict[str, list[Server]] = {}
    for row in rows:
        if row["type"] == BACKEND:
            backends.setdefault(row["pxname"], [])
        elif row["type"] == SERVER:
            backends.setdefault(row["pxname"], []).append(
                Server(
                    backend=row["pxname"],
                    name=row["svname"],
                    status=row["status"],
                    # "* L7OK" while the next check runs
                    check=row["check_status"].removeprefix("* "),
                    sessions=int(row["scur"]),
                )
            )
    return backends


def _reason(error: requests.RequestException) -> str:
    """The innermost cause: the messages that requests wraps around it say nothing more."""
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if error.response is not None:
        return f"HTTP {error.response.status_code}"
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return str(cause)
