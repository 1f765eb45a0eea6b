"""Routing as a real HAProxy tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from haproxy import APPLICATION, HAProxy, free_port, haproxies

from pytest_cna.cluster.load_balancer import LoadBalancer, RoutingObserver
from pytest_cna.core.errors import RoutingError
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.routing import (
    RoutingReachable,
    RoutingUnreachable,
    ServerAdded,
    ServerStatusChanged,
)
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROUTING = """
    default_backend webserver_nodes
frontend statistics
    bind 127.0.0.1:{stats}
    stats enable
    stats uri /
backend webserver_nodes
    default-server check inter 100ms fall 2 rise 1
    option httpchk GET /login
    http-check expect status 303
{servers}
backend empty
"""


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Callable[[str], HAProxy]]:
    with haproxies(tmp_path) as start:
        yield start


def test_routing_is_read_from_haproxys_own_statistics(
    haproxy: Callable[[str], HAProxy],
) -> None:
    web = haproxy(APPLICATION.format(name="a"))
    stats = free_port()
    servers = f"    server webserver_a {web.endpoint}\n    server webserver_b 127.0.0.1:1 disabled"
    haproxy(ROUTING.format(stats=stats, servers=servers))
    balancer = LoadBalancer("127.0.0.1", stats)
    up = wait_for(
        lambda: balancer.servers("webserver_nodes"),
        lambda servers: servers[0].check == "L7OK",
        waiting_for="the first check",
        timeout=5,
    )
    assert [(server.name, server.status, server.up) for server in up] == [
        ("webserver_a", "UP", True),
        ("webserver_b", "MAINT", False),
    ]
    assert balancer.servers("empty") == []
    with pytest.raises(RoutingError, match=r"no backend 'web'; it has empty, webserver_nodes:"):
        balancer.servers("web")


def test_a_load_balancer_that_does_not_answer_is_named() -> None:
    with pytest.raises(RoutingError, match=r"127.0.0.1:1/;csv cannot be read: .*refused"):
        LoadBalancer("127.0.0.1", 1).servers("webserver_nodes")


def test_what_is_no_statistics_page_is_refused(haproxy: Callable[[str], HAProxy]) -> None:
    web = haproxy("    http-request return status 404")
    with pytest.raises(RoutingError, match="cannot be read: HTTP 404"):
        LoadBalancer("127.0.0.1", web.port).servers("webserver_nodes")


def test_a_dying_web_server_is_observed(haproxy: Callable[[str], HAProxy]) -> None:
    web = haproxy(APPLICATION.format(name="a"))
    stats = free_port()
    front = haproxy(ROUTING.format(stats=stats, servers=f"    server webserver_a {web.endpoint}"))
    timeline = Timeline()
    observer = RoutingObserver(timeline, lambda: ["127.0.0.1"], stats, ["webserver_nodes"], 0.02)

    def wait_for_event(kind: type[Event], subject: str, **data: str) -> None:
        wait_for(
            lambda: timeline.events(kind, subject),
            lambda found: any(data.items() <= event.data.items() for event in found),
            waiting_for=f"{kind.__name__} {subject} {data}",
            timeout=5,
            alive=observer.alive,
        )

    observer.start()
    try:
        wait_for_event(RoutingReachable, "127.0.0.1")
        wait_for_event(ServerAdded, "webserver_a", status="UP")
        web.kill()
        wait_for_event(ServerStatusChanged, "webserver_a", status="DOWN", check="L4CON")
        web.start()
        wait_for_event(ServerStatusChanged, "webserver_a", status="UP", check="L7OK")
        front.kill()
        wait_for_event(RoutingUnreachable, "127.0.0.1")
    finally:
        observer.stop()
    assert [server.name for server in observer.servers()] == ["webserver_a"]
    assert len(timeline.events(RoutingUnreachable)) == 1
