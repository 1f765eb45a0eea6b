from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.cluster.load_balancer import LoadBalancer, RoutingObserver, parse
from pytest_cna.core.errors import RoutingError
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.routing import ServerAdded, ServerEvent, ServerStatusChanged
from pytest_cna.core.model import Server
from pytest_cna.core.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

A = Server("web", "web_a", "UP", "L7OK", 0)
B = Server("web", "web_b", "UP", "L7OK", 0)
DOWN = Server("web", "web_a", "DOWN", "L4CON", 0)
BUSY = Server("web", "web_a", "UP", "L7OK", 9)
OTHER = Server("api", "api_a", "UP", "L7OK", 0)


class Balancers:
    """Load balancers by address, as LoadBalancer would read them; None does not answer."""

    def __init__(self) -> None:
        self.servers: dict[str, list[Server] | None] = {}
        self.timeline = Timeline()
        self.observer = RoutingObserver(
            self.timeline, lambda: list(self.servers), 1936, ["web"], interval=0.001
        )

    def backends(self, balancer: LoadBalancer) -> dict[str, list[Server]]:
        servers = self.servers[balancer.address]
        if servers is None:
            raise RoutingError("refused")
        return {
            name: [server for server in servers if server.backend == name]
            for name in {server.backend for server in servers}
        }

    def look(self, **servers: list[Server] | None) -> list[tuple[str, str, str]]:
        """What is newly on the timeline after one look: kind, subject and status."""
        self.servers = dict(servers)
        before = len(self.timeline.events(Event))
        self.observer.look()
        return [summary(event) for event in self.timeline.events(Event)[before:]]


def summary(event: Event) -> tuple[str, str, str]:
    return event.kind, event.subject, event.status if isinstance(event, ServerEvent) else ""


@pytest.fixture
def balancers(monkeypatch: pytest.MonkeyPatch) -> Balancers:
    found = Balancers()
    monkeypatch.setattr(LoadBalancer, "backends", lambda balancer: found.backends(balancer))
    return found


def test_every_change_is_recorded_once(balancers: Balancers) -> None:
    assert balancers.look(lb=[A]) == [("reachable", "lb", ""), ("added", "web_a", "UP")]
    assert balancers.look(lb=[A]) == []
    assert balancers.look(lb=[BUSY, B]) == [("added", "web_b", "UP")]
    assert balancers.look(lb=[DOWN, B]) == [("status", "web_a", "DOWN")]
    assert balancers.look(lb=[B]) == [("removed", "web_a", "DOWN")]
    assert balancers.observer.servers() == [B]


def test_other_backends_are_not_observed(balancers: Balancers) -> None:
    assert balancers.look(lb=[OTHER]) == [("reachable", "lb", "")]


def test_events_say_where_and_how(balancers: Balancers) -> None:
    balancers.look(lb=[DOWN])
    found = balancers.timeline.events(ServerAdded)
    assert found == [ServerAdded("web_a", "web", "DOWN", "L4CON", load_balancer="lb")]


def test_unreachable_is_recorded_once_and_keeps_the_servers(balancers: Balancers) -> None:
    balancers.look(lb=[A])
    assert balancers.look(lb=None) == [("unreachable", "lb", "")]
    assert balancers.look(lb=None) == []
    assert balancers.observer.servers() == [A]
    assert balancers.look(lb=[A]) == [("reachable", "lb", "")]


def test_a_load_balancer_announced_no_more_is_gone_with_its_servers(balancers: Balancers) -> None:
    balancers.look(old=[A])
    assert balancers.look() == [("gone", "old", "")]
    assert balancers.look() == []
    assert balancers.observer.servers() == []
    assert balancers.look(new=[A]) == [("reachable", "new", ""), ("added", "web_a", "UP")]


def test_one_of_two_load_balancers_that_goes_leaves_the_other(balancers: Balancers) -> None:
    balancers.look(first=[A], second=[A, B])
    assert balancers.look(second=[A, B]) == [("gone", "first", "")]
    assert balancers.observer.servers() == [A, B]
    # the same address again, as after its machine was away
    assert balancers.look(first=[A], second=[A, B]) == [
        ("reachable", "first", ""),
        ("added", "web_a", "UP"),
    ]


def test_each_load_balancer_is_compared_with_itself(balancers: Balancers) -> None:
    balancers.look(first=[A], second=[A])
    assert balancers.look(first=[A], second=[DOWN]) == [("status", "web_a", "DOWN")]
    (event,) = balancers.timeline.events(ServerStatusChanged)
    assert event.load_balancer == "second"


def test_an_address_that_is_announced_twice_is_asked_once() -> None:
    asked: list[str] = []

    class Once(LoadBalancer):
        def backends(self) -> dict[str, list[Server]]:
            asked.append(self.address)
            return {"web": [A]}

    observer = RoutingObserver(Timeline(), lambda: ["lb", "lb"], 1936, ["web"], client=Once)
    observer.look()
    assert asked == ["lb"]


def test_an_observer_that_breaks_says_so() -> None:
    def broken() -> Sequence[str]:
        raise KeyError("announced")

    observer = RoutingObserver(Timeline(), broken, 1936, ["web"])
    observer.alive()
    observer.start()
    observer._thread.join()
    with pytest.raises(RoutingError, match=r"not observed any more: KeyError\('announced'\)"):
        observer.alive()
    observer.stop()


def test_stops_twice(balancers: Balancers) -> None:
    observer = balancers.observer
    observer.start()
    observer.stop()
    observer.stop()
    observer.alive()
    assert not observer._thread.is_alive()


def test_csv_is_read_by_column_name() -> None:
    text = (
        "# scur,type,new,svname,pxname,check_status,status,\n"
        "0,0,x,FRONTEND,stats,,OPEN,\n"
        "5,2,x,web_b,web,* L7OK,UP 1/3,\n"
        "0,2,x,web_a,web,,no check,\n"
        "5,1,x,BACKEND,web,,UP,\n"
        "0,1,x,BACKEND,empty,,UP,\n"
    )
    assert parse(text, "lb") == {
        "web": [
            Server("web", "web_b", "UP 1/3", "L7OK", 5),
            Server("web", "web_a", "no check", "", 0),
        ],
        "empty": [],
    }


def test_what_is_no_statistics_is_refused() -> None:
    with pytest.raises(RoutingError, match=r"no column pxname, .*it begins '<html>"):
        parse("<html>It works</html>", "http://lb:1936/;csv")
