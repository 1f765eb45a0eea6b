"""The customers' process against a real HAProxy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from haproxy import APPLICATION, HAProxy, haproxies

from pytest_cna.core.errors import TrafficError
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.traffic import TrafficEndpointsChanged, TrafficFinished, TrafficStarted
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.application import Action
from pytest_cna.judgement.requests import (
    acknowledged,
    failed,
    longest_gap,
    outage,
    request_statistics,
    served_by,
)
from pytest_cna.scenario.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOGIN = Action("login", "POST", "/login", {"user": "jim", "password": "jim"}, (303,), once=True)
LIST = Action("list", "GET", "/accounts", weight=3)
CREATE = Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True)
OPEN = Action("open", "GET", "/accounts/{known}")
CRM = (LOGIN, LIST, CREATE, OPEN)


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Callable[[str], HAProxy]]:
    with haproxies(tmp_path) as start:
        yield start


@contextmanager
def customers(
    directory: Path, endpoints: Sequence[str], actions: Sequence[Action] = CRM, rate: float = 100.0
) -> Iterator[Traffic]:
    timeline = Timeline()
    with Traffic(actions, directory, timeline=timeline, rate=rate, total_timeout=1.0) as traffic:
        traffic.start(endpoints)
        yield traffic
        traffic.alive()


def wait_for_records(traffic: Traffic, count: int, error: str | None = None) -> None:
    """Until there are ``count`` more, of all together or of one error class ("" = good)."""

    def seen() -> int:
        return sum(error is None or record.error == error for record in traffic.records())

    wanted = seen() + count
    wait_for(
        seen,
        lambda number: number >= wanted,
        waiting_for=f"{count} more requests ({error or 'any'})",
        timeout=10,
        alive=traffic.alive,
    )


def test_customers_log_in_and_go_on(haproxy: Callable[[str], HAProxy], tmp_path: Path) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    with customers(tmp_path, [balancer.endpoint]) as traffic:
        wait_for_records(traffic, 100)
    records = traffic.records()
    assert failed(records) == []
    first = {record.customer: record.action for record in reversed(records)}
    assert first == dict.fromkeys(range(10), "login")
    assert {record.action for record in records} == {"login", "list", "create", "open"}
    assert served_by(records) == {"a": len(records)}
    created = [record for record in records if record.action == "create"]
    assert len(acknowledged(records)) == len(created) > 0


def test_the_schedule_is_kept(haproxy: Callable[[str], HAProxy], tmp_path: Path) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    with customers(tmp_path, [balancer.endpoint], rate=200) as traffic:
        wait_for_records(traffic, 400)
    starts = sorted(record.start for record in traffic.records())
    assert len(starts) / (starts[-1] - starts[0]) == pytest.approx(200, rel=0.1)


def test_late_answers_do_not_delay_the_next_requests(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    balancer = haproxy("    http-request tarpit")
    with customers(tmp_path, [balancer.endpoint]) as traffic:
        wait_for_records(traffic, 50, "Timeout")
    records = traffic.records()
    assert all(0.9 < record.duration < 2 for record in records)
    starts = sorted(record.start for record in records)
    # 1 s each, one after the other, ten customers could send 10 a second
    assert len(starts) / (starts[-1] - starts[0]) == pytest.approx(100, rel=0.15)


def test_slow_pages_are_asked_for(haproxy: Callable[[str], HAProxy], tmp_path: Path) -> None:
    balancer = haproxy(
        "    http-request return status 404 if { url_param(delay_ms) 300 }\n"
        "    http-request return status 200"
    )
    with Traffic([LIST], tmp_path, timeline=Timeline(), delay_ms=300) as traffic:
        traffic.start([balancer.endpoint])
        wait_for_records(traffic, 10, "HTTP 404")
    assert len(failed(traffic.records())) == len(traffic.records())


def test_a_lost_session_is_one_failure_and_a_login(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    with customers(tmp_path, [balancer.endpoint]) as traffic:
        wait_for_records(traffic, 30, "")
        balancer.kill()
        balancer.configure(
            APPLICATION.format(name="a").replace("sid=1", "sid=2").replace("-m found", "2")
        )
        balancer.start()
        wait_for_records(traffic, 10, "HTTP 401")
        wait_for_records(traffic, 100, "")
    lost = [record for record in traffic.records() if record.error == "HTTP 401"]
    # its own 401; and what it may have had in flight at that moment
    assert 10 <= len(lost) <= 20
    assert {record.customer for record in lost} == set(range(10))


def test_a_killed_load_balancer_is_seen_and_left_behind(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    one, two = haproxy(APPLICATION.format(name="a")), haproxy(APPLICATION.format(name="b"))
    with customers(tmp_path, [one.endpoint]) as traffic:
        wait_for_records(traffic, 20, "")
        one.kill()
        wait_for_records(traffic, 20, "ConnectionRefused")
        traffic.use([])
        wait_for_records(traffic, 20, "NoEndpoint")
        moved = time.monotonic()
        traffic.use([two.endpoint])
        wait_for_records(traffic, 20, "")
        settled = time.monotonic()
        wait_for_records(traffic, 20, "")
    assert set(request_statistics(traffic.records(since=settled)).by_instance) == {"b"}
    assert failed(traffic.records(since=settled)) == []
    # cookies follow the application, not the address
    assert "login" not in {record.action for record in traffic.records(since=moved)}


def test_requests_go_round_over_several_load_balancers(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    one, two = haproxy(APPLICATION.format(name="a")), haproxy(APPLICATION.format(name="b"))
    with customers(tmp_path, [one.endpoint, two.endpoint]) as traffic:
        wait_for_records(traffic, 100)
        both = served_by(traffic.records())
        assert abs(both["a"] - both["b"]) <= 10
        traffic.use([two.endpoint])
        wait_for(
            lambda: connections(one.port),
            lambda number: number == 0,
            waiting_for="connections to the endpoint that left the list to be closed",
            timeout=5,
        )
        assert connections(two.port) > 0
    assert failed(traffic.records()) == []


def connections(port: int) -> int:
    """Established TCP connections to a port of this machine, as its clients have them."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that does what no HTTP server should to every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def reset(connection: socket.socket) -> None:
    connection.recv(1)  # closing with the rest unread


def break_off(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("serve", "error"),
    [(hang_up, "Disconnected"), (reset, "ConnectionReset"), (break_off, "Disconnected")],
)
def test_broken_connections_are_failures(
    serve: Callable[[socket.socket], None], error: str, tmp_path: Path
) -> None:
    with (
        raw_server(serve) as endpoint,
        customers(tmp_path, [endpoint], [LIST, CREATE]) as traffic,
    ):
        wait_for_records(traffic, 20, error)
    assert {record.error for record in traffic.records()} == {error}
    assert not any(record.resent for record in traffic.records())


def test_a_request_on_a_new_connection_is_never_sent_again(tmp_path: Path) -> None:
    asked: list[bytes] = []
    with (
        raw_server(lambda connection: asked.append(connection.recv(65536))) as endpoint,
        customers(tmp_path, [endpoint], [LIST]) as traffic,
    ):
        wait_for_records(traffic, 20, "Disconnected")
        traffic.stop()
    assert len(asked) == len(traffic.records())


def answer_once(connection: socket.socket) -> None:
    """Answers one request, and hangs up on the second of a kept connection."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    connection.recv(65536)


def test_a_request_on_a_closed_kept_connection_is_sent_again_and_marked(tmp_path: Path) -> None:
    create = Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True)
    with (
        raw_server(answer_once) as endpoint,
        customers(tmp_path, [endpoint], [create], rate=20) as traffic,
    ):
        wait_for_records(traffic, 20, "")
    records = traffic.records()
    assert failed(records) == []
    assert request_statistics(records).resent >= 9
    assert len(acknowledged(records)) == len(records)


def test_records_outlive_a_killed_process_and_it_is_missed(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    timeline = Timeline()
    with Traffic(CRM, tmp_path, timeline=timeline, rate=100) as traffic:
        traffic.start([balancer.endpoint])
        wait_for_records(traffic, 50)
        os.kill(child(traffic), signal.SIGKILL)
        wait_for(lambda: died(traffic), waiting_for="the death to be noticed", timeout=5)
        traffic.use(["127.0.0.1:1"])
    assert len(traffic.records()) >= 50
    (finished,) = timeline.events(TrafficFinished, "customers")
    assert finished.exit_status == -signal.SIGKILL
    assert finished.requests == len(traffic.records())


def child(traffic: Traffic) -> int:
    assert traffic._process is not None
    return traffic._process.pid


def died(traffic: Traffic) -> bool:
    try:
        traffic.alive()
    except TrafficError as error:
        return "died" in str(error)
    return False


PARENT = """
import signal, sys
from pathlib import Path
from pytest_cna.deployment.application import Action
from pytest_cna.core.timeline import Timeline
from pytest_cna.scenario.traffic import Traffic
actions = [Action("list", "GET", "/login", expect=(303,))]
traffic = Traffic(actions, Path(sys.argv[1]), timeline=Timeline())
traffic.start([sys.argv[2]])
print(traffic._process.pid, flush=True)
signal.pause()
"""


def test_customers_end_with_their_parent(haproxy: Callable[[str], HAProxy], tmp_path: Path) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), balancer.endpoint],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent:
        pid = int(parent.stdout.readline())
        assert not ended(pid)
        parent.kill()
    try:
        wait_for(lambda: ended(pid), waiting_for="the customers to end", timeout=5)
    finally:
        if not ended(pid):
            os.kill(pid, signal.SIGKILL)


def ended(pid: int) -> bool:
    """Gone, or a zombie that was not reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_the_terminals_interrupt_does_not_reach_the_customers(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    with customers(tmp_path, [balancer.endpoint]) as traffic:
        assert os.getpgid(child(traffic)) != os.getpgid(0)


def test_a_process_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named aiohttp >&2\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    traffic = Traffic(CRM, tmp_path, timeline=Timeline())
    with pytest.raises(TrafficError, match=r"sent no request .*ends:\nno module named aiohttp"):
        traffic.start([])
    traffic.stop()


def test_traffic_is_on_the_timeline(haproxy: Callable[[str], HAProxy], tmp_path: Path) -> None:
    balancer = haproxy(APPLICATION.format(name="a"))
    timeline = Timeline()
    traffic = Traffic(CRM, tmp_path, timeline=timeline, rate=20, seed=4, name="visitors")
    traffic.start([balancer.endpoint])
    traffic.use([balancer.endpoint])
    traffic.use([])
    traffic.stop()
    traffic.stop()
    started, endpoints, finished = timeline.events(Event, "visitors")
    assert isinstance(started, TrafficStarted)
    assert started.endpoints == balancer.endpoint
    assert (started.rate, started.seed) == (20, 4)
    assert isinstance(endpoints, TrafficEndpointsChanged)
    assert isinstance(finished, TrafficFinished)
    assert finished.exit_status == 0


def test_a_dying_web_server_is_what_customers_see(
    haproxy: Callable[[str], HAProxy], tmp_path: Path
) -> None:
    web = haproxy(APPLICATION.format(name="a"))
    front = haproxy(f"    default_backend web\nbackend web\n    server a {web.endpoint}")
    with customers(tmp_path, [front.endpoint]) as traffic:
        wait_for_records(traffic, 20, "")
        web.kill()
        wait_for_records(traffic, 20, "HTTP 503")
        web.start()
        wait_for_records(traffic, 20, "")
    records = traffic.records()
    assert outage(records) is not None
    assert longest_gap(records) > 0.15
