"""Discovery and its observer against three real etcd members, one of which falls silent."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from base64 import b64encode
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
import requests

from pytest_cna.cluster.discovery import Discovery
from pytest_cna.cluster.discovery_observer import DiscoveryObserver
from pytest_cna.core.errors import DiscoveryError
from pytest_cna.core.events.discovery import (
    DiscoveryReachable,
    DiscoveryUnreachable,
    EntryAnnounced,
    EntryEvent,
    EntryWithdrawn,
)
from pytest_cna.core.model import DiscoveryEntry
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_cna.core.events.event import Event


E = TypeVar("E", bound="Event")
ENTRY = DiscoveryEntry("webserver", "u1", "core-1", "10.0.0.1", 8001)
SOON = 3.0
"""Seconds; well above what a failover takes, well below any lease."""


def free_ports(count: int) -> list[int]:
    """Different ones: each is held until all are found."""
    with ExitStack() as held:
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in found]


class Members:
    """Three members on this computer, each a process that may be stopped and continued."""

    def __init__(self, directory: Path) -> None:
        program = shutil.which("etcd") or "/usr/bin/etcd"
        found = free_ports(6)
        ports = list(zip(found[:3], found[3:], strict=True))
        peers = ",".join(f"m{n}=http://127.0.0.1:{peer}" for n, (_, peer) in enumerate(ports))
        self.endpoints = [f"127.0.0.1:{client}" for client, _ in ports]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for number, (client, peer) in enumerate(ports):
            at, to = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
            with (directory / f"m{number}.log").open("wb") as log:
                self.processes[self.endpoints[number]] = subprocess.Popen(
                    [program, "--name", f"m{number}", "--data-dir", str(directory / f"m{number}")]
                    + ["--listen-client-urls", at, "--advertise-client-urls", at]
                    + ["--listen-peer-urls", to, "--initial-advertise-peer-urls", to]
                    + ["--initial-cluster", peers, "--unsafe-no-fsync", "--logger", "zap"],
                    stdout=log,
                    stderr=log,
                )

    def signal(self, endpoint: str, number: signal.Signals) -> None:
        self.processes[endpoint].send_signal(number)

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


class Relay:
    """Carries connections to a member, and can cut all of them."""

    def __init__(self, target: str) -> None:
        address, _, port = target.rpartition(":")
        self._target = (address, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.endpoint = f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.reset()

    def reset(self) -> None:
        while self._open:
            each = self._open.pop()
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    members = Members(tmp_path)
    try:
        with closing(Discovery(members.endpoints)) as discovery:
            wait_for(discovery.has_quorum, waiting_for="a quorum", timeout=20)
        yield members
    finally:
        members.end()


@pytest.fixture
def observed(members: Members) -> Iterator[DiscoveryObserver]:
    observer = DiscoveryObserver(Timeline(), members.endpoints)
    observer.start()
    try:
        await_events(observer, DiscoveryReachable)
        yield observer
        observer.alive()
    finally:
        observer.stop()


def await_events(observer: DiscoveryObserver, kind: type[E], count: int = 1) -> list[E]:
    return wait_for(
        lambda: observer._timeline.events(kind),
        lambda events: len(events) >= count,
        waiting_for=f"{count} events {kind.__name__}",
        timeout=SOON,
        alive=observer.alive,
    )


def ask(endpoint: str, call: str, **body: str) -> None:
    """A write through etcd's JSON gateway; keys and values go as base64."""
    encoded = {name: b64encode(value.encode()).decode() for name, value in body.items()}
    with requests.Session() as session:
        session.trust_env = False
        url = f"http://{endpoint}/v3/kv/{call}"
        session.post(url, json=encoded, timeout=5).raise_for_status()


def announce(endpoint: str, entry: DiscoveryEntry, *fields: str) -> None:
    for field in fields or ("host", "ip", "port"):
        ask(endpoint, "put", key=f"{entry.path}/{field}", value=str(getattr(entry, field)))


def withdraw(endpoint: str, entry: DiscoveryEntry) -> None:
    ask(endpoint, "deleterange", key=f"{entry.path}/", range_end=f"{entry.path}0")


def test_an_entry_comes_changes_and_goes(members: Members, observed: DiscoveryObserver) -> None:
    endpoint = members.endpoints[1]
    calls: list[list[DiscoveryEntry]] = []
    observed.on_change.append(calls.append)
    announce(endpoint, ENTRY)
    (event,) = await_events(observed, EntryAnnounced)
    assert event == EntryAnnounced(ENTRY.path, "webserver", "core-1", "10.0.0.1", 8001)
    assert observed.entries("webserver") == [ENTRY]
    assert observed.entries("cache") == []
    withdraw(endpoint, ENTRY)
    await_events(observed, EntryWithdrawn)
    wait_for(lambda: calls, lambda seen: seen == [[ENTRY], []], waiting_for="both", timeout=SOON)


def test_an_entry_replaced_in_place_goes_and_comes(
    members: Members, observed: DiscoveryObserver
) -> None:
    announce(members.endpoints[0], ENTRY)
    await_events(observed, EntryAnnounced)
    moved = replace(ENTRY, port=8002)
    announce(members.endpoints[0], moved, "port")
    await_events(observed, EntryAnnounced, 2)
    changes = observed._timeline.events(EntryEvent, ENTRY.path)
    assert [(type(event), event.port) for event in changes] == [
        (EntryAnnounced, 8001),
        (EntryWithdrawn, 8001),
        (EntryAnnounced, 8002),
    ]
    assert observed.entries() == [moved]


def test_half_an_entry_is_none(members: Members, observed: DiscoveryObserver) -> None:
    endpoint = members.endpoints[0]
    announce(endpoint, ENTRY, "host", "ip")
    other = DiscoveryEntry("cache", "u2", "core-2", "10.0.0.2", 11211)
    announce(endpoint, other)
    assert [event.subject for event in await_events(observed, EntryAnnounced)] == [other.path]
    with closing(Discovery(members.endpoints)) as discovery:
        assert discovery.entries() == [other]


def test_the_same_values_again_are_no_change_a_new_announcement_is(
    members: Members, observed: DiscoveryObserver
) -> None:
    endpoint = members.endpoints[0]
    announce(endpoint, ENTRY)
    await_events(observed, EntryAnnounced)
    announce(endpoint, ENTRY)
    withdraw(endpoint, ENTRY)
    announce(endpoint, ENTRY)
    await_events(observed, EntryAnnounced, 2)
    assert len(observed._timeline.events(EntryWithdrawn)) == 1


@pytest.mark.parametrize("loss", [signal.SIGSTOP, signal.SIGKILL])
def test_a_member_falls_silent(
    members: Members, observed: DiscoveryObserver, loss: signal.Signals
) -> None:
    """A stopped process keeps its connections open and says nothing: like a machine without
    power."""
    recoveries, *_ = [event.subject for event in await_events(observed, DiscoveryReachable)]
    members.signal(recoveries, loss)
    other = next(each for each in members.endpoints if each != recoveries)
    with closing(Discovery(members.endpoints)) as discovery:
        wait_for(discovery.has_quorum, waiting_for="a quorum", timeout=10)
        before = time.monotonic()
        announce(other, ENTRY)
        (event,) = await_events(observed, EntryAnnounced)
        assert event.monotonic - before < SOON
        await_events(observed, DiscoveryUnreachable)
        assert discovery.entries() == [ENTRY]


def test_a_followers_silence_delays_events_by_less_than_two_seconds(members: Members) -> None:
    """No election takes place here: the time is the observer's own."""
    with closing(Discovery(members.endpoints)) as discovery:
        leader = discovery.leader()
    recoveries = next(each for each in members.endpoints if each != leader)
    order = [recoveries, *(each for each in members.endpoints if each != recoveries)]
    observer = DiscoveryObserver(Timeline(), order)
    observer.start()
    try:
        await_events(observer, DiscoveryReachable, 3)
        members.signal(recoveries, signal.SIGSTOP)
        before = time.monotonic()
        announce(leader, ENTRY)
        await_events(observer, EntryAnnounced)
        assert time.monotonic() - before < 2.0
        observer.alive()
    finally:
        observer.stop()


def test_each_member_that_falls_silent_is_recorded_and_so_is_its_return(members: Members) -> None:
    observer = DiscoveryObserver(Timeline(), members.endpoints)
    observer.start()
    try:
        reachable = await_events(observer, DiscoveryReachable, 3)
        assert {event.subject for event in reachable} == set(members.endpoints)
        with closing(Discovery(members.endpoints)) as discovery:
            leader = discovery.leader()
        # any but the leader, lest the others wait for an election
        lost = [each for each in members.endpoints if each != leader][-1]
        members.signal(lost, signal.SIGSTOP)
        (event,) = await_events(observer, DiscoveryUnreachable)
        assert event.subject == lost
        members.signal(lost, signal.SIGCONT)
        assert await_events(observer, DiscoveryReachable, 4)[-1].subject == lost
        observer.alive()
    finally:
        observer.stop()


def test_a_watch_whose_connection_was_reset_is_opened_again(members: Members) -> None:
    """Reads connect again by themselves, a watch does not."""
    endpoint = members.endpoints[0]
    with Relay(endpoint) as relay:
        observer = DiscoveryObserver(Timeline(), [relay.endpoint])
        observer.start()
        try:
            await_watches(endpoint, 1)
            relay.reset()
            await_watches(endpoint, 2)
            announce(endpoint, ENTRY)
            await_events(observer, EntryAnnounced)
            observer.alive()
        finally:
            observer.stop()


def await_watches(endpoint: str, count: int) -> None:
    """So many watches were opened on a member so far, as it says itself."""

    def look() -> int:
        with requests.Session() as session:
            session.trust_env = False
            metrics = session.get(f"http://{endpoint}/metrics", timeout=2).text
        name = 'grpc_server_started_total{grpc_method="Watch"'
        return sum(int(line.split()[-1]) for line in metrics.splitlines() if line.startswith(name))

    wait_for(
        look,
        lambda found: found == count,
        waiting_for=f"{count} watches",
        timeout=SOON,
    )


def test_the_leader_is_named_and_another_one_follows_it(members: Members) -> None:
    with closing(Discovery(members.endpoints)) as discovery:
        leader = discovery.leader()
        members.signal(leader, signal.SIGKILL)
        successor = wait_for(
            discovery.leader,
            lambda endpoint: endpoint != leader,
            waiting_for="another leader",
            timeout=10,
            transient=(DiscoveryError,),
        )
        assert successor in members.endpoints


def test_without_a_quorum_nothing_is_made_up(members: Members) -> None:
    first, second, third = members.endpoints
    with closing(Discovery(members.endpoints)) as discovery:
        members.signal(first, signal.SIGKILL)
        members.signal(second, signal.SIGKILL)
        wait_for(lambda: not discovery.has_quorum(), waiting_for="no quorum", timeout=10)
        said = rf"no member of etcd answered \(.*{third}"
        with pytest.raises(DiscoveryError, match=said) as raised:
            discovery.entries()
        assert len(str(raised.value).split(";")) == 3


def test_the_members_are_real(members: Members) -> None:
    with requests.Session() as session:
        session.trust_env = False
        version = session.get(f"http://{members.endpoints[0]}/version", timeout=2).json()
    assert version["etcdserver"].startswith("3.4")
