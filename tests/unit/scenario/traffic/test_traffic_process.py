"""The customers' process and the parent's side of it, against a small server of our own."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import TrafficError
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.traffic import TrafficEndpointsChanged, TrafficFinished, TrafficStarted
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.control import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIST = Action("list", "GET", "/accounts", weight=3)
CREATE = Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True)


class Application(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Application) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


@pytest.fixture
def traffic(tmp_path: Path, timeline: Timeline) -> Iterator[Traffic]:
    with Traffic((LIST, CREATE), tmp_path, timeline=timeline, rate=200, customers=3) as traffic:
        yield traffic


def await_records(traffic: Traffic, number: int) -> None:
    wait_for(
        traffic.records,
        lambda records: len(records) >= number,
        waiting_for=f"{number} requests",
        timeout=30,
        alive=traffic.alive,
    )


def death(traffic: Traffic) -> str:
    """What is said of the customers' death; empty while they live."""
    try:
        traffic.alive()
    except TrafficError as error:
        return str(error)
    return ""


def test_customers_ask_until_they_are_stopped(
    traffic: Traffic, timeline: Timeline, endpoint: str
) -> None:
    traffic.start([endpoint])
    await_records(traffic, 20)
    traffic.stop()
    records = traffic.records()
    assert {(each.action, each.status) for each in records} == {("list", 200), ("create", 201)}
    assert not any(each.failed for each in records)
    assert all(bool(each.created) == (each.action == "create") for each in records)
    assert {each.customer for each in records} == {0, 1, 2}
    begun, ended = timeline.events(Event)
    assert isinstance(begun, TrafficStarted)
    assert (begun.rate, begun.customers, begun.endpoints) == (200, 3, endpoint)
    assert isinstance(ended, TrafficFinished)
    assert (ended.requests, ended.failed, ended.exit_status) == (len(records), 0, 0)
    # it has ended: nothing dies any more, and nothing is left to stop
    traffic.alive()
    traffic.stop()
    assert len(timeline.events(Event)) == 2


def test_customers_go_where_they_are_sent(
    traffic: Traffic, timeline: Timeline, endpoint: str
) -> None:
    traffic.start([])
    await_records(traffic, 3)
    assert all(each.failed for each in traffic.records())
    traffic.use([endpoint])
    traffic.use([endpoint])
    wait_for(
        traffic.records,
        lambda records: not records[-1].failed,
        waiting_for="a good answer",
        timeout=30,
        alive=traffic.alive,
    )
    assert [each.endpoints for each in timeline.events(TrafficEndpointsChanged)] == [endpoint]


def test_records_are_chosen_by_when_they_began(traffic: Traffic, endpoint: str) -> None:
    traffic.start([endpoint])
    await_records(traffic, 5)
    traffic.stop()
    starts = sorted(each.start for each in traffic.records())
    assert len(traffic.records(starts[1], starts[3])) == 3


def test_traffic_starts_once(traffic: Traffic, endpoint: str) -> None:
    traffic.start([endpoint])
    with pytest.raises(TrafficError, match="'customers' is under way already; stop it first"):
        traffic.start([endpoint])


def test_a_process_that_cannot_start_is_named_with_its_last_words(
    traffic: Traffic, program: Program
) -> None:
    program("echo no such module >&2")
    with pytest.raises(TrafficError, match=r"sent no request .*\.log ends:\nno such module"):
        traffic.start([])
    # nothing is left to stop
    traffic.alive()


def test_customers_that_die_are_noticed(
    traffic: Traffic, timeline: Timeline, program: Program
) -> None:
    program("echo sent; exit 3")
    traffic.start([])

    words = wait_for(lambda: death(traffic), waiting_for="the customers' death", timeout=30)
    assert "traffic 'customers' died" in words
    assert words.endswith("customers.log is empty")
    traffic.use(["127.0.0.1:1"])
    traffic.stop()
    (ended,) = timeline.events(TrafficFinished)
    assert (ended.requests, ended.exit_status) == (0, 3)


class Program:
    """What runs in the customers' place."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path = path
        self._monkeypatch = monkeypatch

    def __call__(self, script: str) -> None:
        self._path.write_text(f"#!/bin/sh\n{script}\n")
        self._path.chmod(0o755)
        self._monkeypatch.setattr(sys, "executable", str(self._path))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    return Program(tmp_path / "program", monkeypatch)
