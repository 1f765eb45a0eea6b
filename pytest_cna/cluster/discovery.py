"""Service discovery in etcd's v3 store; a question goes to each member in turn until one
answers."""

from __future__ import annotations

import threading
import warnings
from collections import defaultdict, deque
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import grpc

from pytest_cna.cluster.observer import Observer
from pytest_cna.core import clock
from pytest_cna.core.errors import DiscoveryError
from pytest_cna.core.events.discovery import (
    DiscoveryReachable,
    DiscoveryUnreachable,
    EntryAnnounced,
    EntryEvent,
    EntryWithdrawn,
)
from pytest_cna.core.model import DiscoveryEntry

with warnings.catch_warnings():
    # its generated stubs, at import
    warnings.simplefilter("ignore", DeprecationWarning)
    import etcd3
    from etcd3 import etcdrpc
    from etcd3.exceptions import Etcd3Exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cna.core.timeline import Timeline

T = TypeVar("T")

TREE = "/services/"
TIMEOUT = 0.8
"""Seconds for a member to answer; a machine without power does not refuse, it is silent."""
LOOK_EVERY = 0.5
FAILURES = (Etcd3Exception, grpc.RpcError)

Generation = tuple[int, ...]
"""Revisions at which an entry's keys were created; a different one means it was announced again."""


class Discovery:
    """Client of etcd.

    ``endpoints`` are ``address:port`` of members, each of which has ``timeout`` seconds to answer.
    Every method raises DiscoveryError when no member answers. Reads are linearizable: an answer
    needs a quorum.
    """

    def __init__(self, endpoints: Sequence[str], timeout: float = TIMEOUT) -> None:
        self._clients = deque((endpoint, _client(endpoint, timeout)) for endpoint in endpoints)

    def entries(self, service: str | None = None) -> list[DiscoveryEntry]:
        """The complete entries of one service, or of all."""
        found = self._ask(_read)
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
            self._ask(_read)
        except DiscoveryError:
            return False
        return True

    def close(self) -> None:
        """Close all connections. Idempotent."""
        while self._clients:
            self._clients.pop()[1].close()

    def _ask(self, question: Callable[[etcd3.Etcd3Client], T]) -> T:
        refusals = []
        for _ in range(len(self._clients)):
            endpoint, client = self._clients[0]
            try:
                return question(client)
            except FAILURES as error:
                refusals.append(f"{endpoint}: {_words(error)}")
                # ask this member first from now on
                self._clients.rotate(-1)
        raise DiscoveryError(f"etcd answers on no machine ({'; '.join(refusals)})")


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
                self._answers(endpoint, False, _words(error))
                self._endpoints.rotate(-1)
            self._stopping.wait(0.05)

    def _follow(self, endpoint: str) -> None:
        """Record changes until the watch ends or the observer is stopped. Raises one of FAILURES
        when the member no longer answers."""
        with ExitStack() as ends:
            client = ends.enter_context(closing(_client(endpoint)))
            changes = ends.enter_context(_watching(client))
            others = [
                ends.enter_context(closing(_Probe(other)))
                for other in self._endpoints
                if other != endpoint
            ]
            while not self._stopping.is_set() and not changes.ended:
                at = changes.wait(LOOK_EVERY)
                now = _read(client)
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


class _Probe:
    """Checks, without blocking, whether another member than the one in use answers."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = _client(endpoint)
        self._asked = self._ask()

    def look(self) -> str | None:
        """The error of the last check, empty if the member answered; None before the first."""
        if not self._asked.done():
            return None
        error = self._asked.exception()
        self._asked = self._ask()
        return _words(error) if error else ""

    def close(self) -> None:
        self._asked.cancel()
        self._client.close()

    def _ask(self) -> grpc.Future:
        request = etcdrpc.RangeRequest(key=TREE.encode())
        return self._client.kvstub.Range.future(request, timeout=TIMEOUT)


class _Changes:
    """Signal from the watch's thread, with the time of the first change since the last wait."""

    def __init__(self) -> None:
        self.ended = False
        """Whether the watch has ended, so that no further change is signalled."""
        self._happened = threading.Event()
        self._at: float | None = None

    def happened(self) -> None:
        if not self._happened.is_set():
            self._at = clock.monotonic()
            self._happened.set()

    def wait(self, timeout: float) -> float | None:
        """Wait ``timeout`` seconds for a change and return its time; None when there was none."""
        if not self._happened.wait(timeout):
            return None
        at = self._at
        self._happened.clear()
        return at


@contextmanager
def _watching(client: etcd3.Etcd3Client) -> Iterator[_Changes]:
    """Watch the tree within the context: unlike etcd3's own watcher, this one ends its thread."""
    changes = _Changes()
    changes.happened()  # read at once the first time
    ended = threading.Event()
    create = etcdrpc.WatchCreateRequest(key=TREE.encode(), range_end=_after(TREE))

    def requests() -> Iterator[etcdrpc.WatchRequest]:
        yield etcdrpc.WatchRequest(create_request=create)
        ended.wait()

    call = etcdrpc.WatchStub(client.channel).Watch(requests())

    def follow() -> None:
        try:
            with suppress(grpc.RpcError):  # the next read raises the error
                for _ in call:
                    changes.happened()
        finally:
            changes.ended = True
            changes.happened()

    thread = threading.Thread(target=follow, name="watch", daemon=True)
    thread.start()
    try:
        yield changes
    finally:
        ended.set()
        call.cancel()
        thread.join()


def _client(endpoint: str, timeout: float = TIMEOUT) -> etcd3.Etcd3Client:
    address, _, port = endpoint.rpartition(":")
    # a proxy set in the environment cannot reach the cluster's network
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 500)]
    return etcd3.client(address, int(port), timeout=timeout, grpc_options=options)


def _read(client: etcd3.Etcd3Client) -> dict[DiscoveryEntry, Generation]:
    """The complete entries; one that lacks some of its keys is left out."""
    fields: dict[tuple[str, str], dict[str, tuple[str, int]]] = defaultdict(dict)
    for pair in client.get_prefix_response(TREE).kvs:
        parts = pair.key.decode().split("/")
        if len(parts) == 5:
            _, _, service, uuid, name = parts
            fields[service, uuid][name] = (pair.value.decode(), pair.create_revision)
    found = {}
    for (service, uuid), values in fields.items():
        if {"host", "ip", "port"} <= values.keys() and values["port"][0].isdigit():
            host, ip, port = (values[name][0] for name in ("host", "ip", "port"))
            entry = DiscoveryEntry(service, uuid, host, ip, int(port))
            found[entry] = tuple(values[name][1] for name in ("host", "ip", "port"))
    return found


def _after(prefix: str) -> bytes:
    """The first key after all that begin with ``prefix``."""
    return (prefix[:-1] + chr(ord(prefix[-1]) + 1)).encode()


def _words(error: Exception) -> str:
    words = type(error).__name__
    return f"{words}: {error.code().name}" if isinstance(error, grpc.Call) else words
