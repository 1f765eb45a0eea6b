"""Service discovery in etcd's v3 store; a question goes to each member in turn until one
answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.cluster.etcd import FAILURES, TIMEOUT, connect, read_entries, words_of
from pytest_cna.core.errors import DiscoveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.etcd import Client
    from pytest_cna.core.model import DiscoveryEntry

T = TypeVar("T")


class Discovery:
    """Client of etcd.

    ``endpoints`` are ``address:port`` of members, each of which has ``timeout`` seconds to answer.
    Every method raises DiscoveryError when no member answers. Reads are linearizable: an answer
    needs a quorum.
    """

    def __init__(self, endpoints: Sequence[str], timeout: float = TIMEOUT) -> None:
        self._clients = deque((endpoint, connect(endpoint, timeout)) for endpoint in endpoints)

    def entries(self, service: str | None = None) -> list[DiscoveryEntry]:
        """The complete entries of one service, or of all."""
        found = self._ask(read_entries)
        return [entry for entry in found if service in {None, entry.service}]

    def leader(self) -> str:
        """``address:port`` of etcd's leader. Raises DiscoveryError when there is none."""
        member = self._ask(lambda client: client.status().leader)
        if member is None:
            raise DiscoveryError("etcd has no leader at the moment")
        return str(member.client_urls[0]).rpartition("/")[2]

    def has_quorum(self) -> bool:
        """Whether etcd answers a read that needs a majority of its members. Never raises."""
        try:
            self._ask(read_entries)
        except DiscoveryError:
            return False
        return True

    def close(self) -> None:
        """Close all connections. Idempotent."""
        while self._clients:
            self._clients.pop()[1].close()

    def _ask(self, question: Callable[[Client], T]) -> T:
        refusals = []
        for _ in range(len(self._clients)):
            endpoint, client = self._clients[0]
            try:
                return question(client)
            except FAILURES as error:
                refusals.append(f"{endpoint}: {words_of(error)}")
                # ask this member first from now on
                self._clients.rotate(-1)
        raise DiscoveryError(f"no member of etcd answered ({'; '.join(refusals)})")
