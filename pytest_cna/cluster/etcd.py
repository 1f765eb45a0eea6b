"""etcd's v3 store: connections to a member, its discovery entries, and a watch on them."""

from __future__ import annotations

import threading
import warnings
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

import grpc

from pytest_cna.core import clock
from pytest_cna.core.model import DiscoveryEntry

with warnings.catch_warnings():
    # its generated stubs, at import
    warnings.simplefilter("ignore", DeprecationWarning)
    import etcd3
    from etcd3 import etcdrpc
    from etcd3.exceptions import Etcd3Exception

if TYPE_CHECKING:
    from collections.abc import Iterator

Client: TypeAlias = etcd3.Etcd3Client
"""A connection to one member."""

TREE = "/services/"
TIMEOUT = 0.8
"""Seconds for a member to answer; a machine without power does not refuse, it is silent."""
FAILURES = (Etcd3Exception, grpc.RpcError)
"""What every question to a member may raise."""

Generation = tuple[int, ...]
"""Revisions at which an entry's keys were created; a different one means it was announced again."""


def connect(endpoint: str, timeout: float = TIMEOUT) -> Client:
    """``endpoint``: ``address:port``. Every question raises one of FAILURES when it is not answered
    within ``timeout`` seconds; nothing is asked yet."""
    address, _, port = endpoint.rpartition(":")
    # a proxy set in the environment cannot reach the cluster's network
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 500)]
    return etcd3.client(address, int(port), timeout=timeout, grpc_options=options)


def read_entries(client: Client) -> dict[DiscoveryEntry, Generation]:
    """The complete entries; one that lacks some of its keys is left out. Raises one of FAILURES."""
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


def words_of(error: Exception) -> str:
    """A failure in short: its type, and the status where gRPC gives one."""
    words = type(error).__name__
    return f"{words}: {error.code().name}" if isinstance(error, grpc.Call) else words


class Probe:
    """Checks, without blocking, whether another member than the one in use answers."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = connect(endpoint)
        self._asked = self._ask()

    def look(self) -> str | None:
        """The error of the last check, empty if the member answered; None before the first."""
        if not self._asked.done():
            return None
        error = self._asked.exception()
        self._asked = self._ask()
        return words_of(error) if error else ""

    def close(self) -> None:
        self._asked.cancel()
        self._client.close()

    def _ask(self) -> grpc.Future:
        request = etcdrpc.RangeRequest(key=TREE.encode())
        return self._client.kvstub.Range.future(request, timeout=TIMEOUT)


class Changes:
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
def watching(client: Client) -> Iterator[Changes]:
    """Watch the tree within the context: unlike etcd3's own watcher, this one ends its thread."""
    changes = Changes()
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


def _after(prefix: str) -> bytes:
    """The first key after all that begin with ``prefix``."""
    return (prefix[:-1] + chr(ord(prefix[-1]) + 1)).encode()
