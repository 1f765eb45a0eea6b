"""The observer of service discovery: it records every change of the entries in etcd."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from pytest_cna.cluster.etcd import FAILURES, Probe, connect, read_entries, watching, words_of
from pytest_cna.cluster.observer import Observer
from pytest_cna.core.errors import DiscoveryError
from pytest_cna.core.events.discovery import (
    DiscoveryReachable,
    DiscoveryUnreachable,
    EntryAnnounced,
    EntryEvent,
    EntryWithdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.etcd import Generation
    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.core.timeline import Timeline

LOOK_EVERY = 0.5


class DiscoveryObserver(Observer):
    """Observer that records every change of the discovery entries.

    A watch triggers each read of the tree. The tree is also read twice a second, to notice a member
    that disappeared; the next member is used then. A member counts as reachable while it answers
    reads, so without a quorum none does.
    """

    what = "service discovery"
    error = DiscoveryError

    def __init__(self, timeline: Timeline, endpoints: Sequence[str]) -> None:
        super().__init__()
        self._timeline = timeline
        self._endpoints = deque(endpoints)
        self._reachable: dict[str, bool] = {}
        self._seen: dict[DiscoveryEntry, Generation] = {}
        self.on_change: list[Callable[[list[DiscoveryEntry]], None]] = []
        """Functions called with all entries after each change, in the observer's thread."""

    def entries(self, service: str | None = None) -> list[DiscoveryEntry]:
        """The entries of one service, or of all, as last read; the same while no member answers."""
        return [entry for entry in list(self._seen) if service in {None, entry.service}]

    def observe(self) -> None:
        while not self._stopping.is_set():
            endpoint = self._endpoints[0]
            try:
                self._follow(endpoint)
            except FAILURES as error:
                self._answers(endpoint, False, words_of(error))
                self._endpoints.rotate(-1)
            self._stopping.wait(0.05)

    def _follow(self, endpoint: str) -> None:
        """Record changes until the watch ends or the observer is stopped. Raises one of FAILURES
        when the member no longer answers."""
        with ExitStack() as ends:
            client = ends.enter_context(closing(connect(endpoint)))
            changes = ends.enter_context(watching(client))
            others = [
                ends.enter_context(closing(Probe(other)))
                for other in self._endpoints
                if other != endpoint
            ]
            while not self._stopping.is_set() and not changes.ended:
                at = changes.wait(LOOK_EVERY)
                now = read_entries(client)
                self._answers(endpoint, True)
                self._compare(now, at)
                for other in others:
                    if (error := other.look()) is not None:
                        self._answers(other.endpoint, not error, error)

    def _compare(self, now: dict[DiscoveryEntry, Generation], at: float | None) -> None:
        before = self._seen
        gone = [entry for entry in before if now.get(entry) != before[entry]]
        come = [entry for entry in now if before.get(entry) != now[entry]]
        self._seen = now
        for entry in gone:
            self._record(EntryWithdrawn, entry, at)
        for entry in come:
            self._record(EntryAnnounced, entry, at)
        if gone or come:
            for callback in list(self.on_change):
                callback(list(now))

    def _record(self, made: type[EntryEvent], entry: DiscoveryEntry, at: float | None) -> None:
        event = made(entry.path, entry.service, entry.host, entry.ip, entry.port)
        self._timeline.record(event, at=at)

    def _answers(self, endpoint: str, answers: bool, error: str = "") -> None:
        if self._reachable.get(endpoint) is not answers:
            self._reachable[endpoint] = answers
            made = DiscoveryReachable if answers else DiscoveryUnreachable
            self._timeline.record(made(endpoint, error=error))
