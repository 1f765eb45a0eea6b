"""Lanes from events."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from pytest_cna.core.events.container import ContainerCreated, ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import DiscoveryUnreachable, EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.event import Event, UnknownEvent, declare
from pytest_cna.core.events.fault import FaultInjected
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.machine import MachineLost, MachineStarted
from pytest_cna.core.events.routing import ServerAdded
from pytest_cna.core.events.scenario import ScenarioStarted
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.report.page.chains import Chains
from pytest_cna.report.page.lanes import Group, Span, lanes, shortened
from pytest_cna.report.page.states import State
from pytest_cna.report.report import MachineRecord, UnitRecord

UNITS = (
    UnitRecord("web@1.service", "main", "webserver", "web server", "1", "web.1", "web_nodes"),
    UnitRecord("web_sidekick@1.service", "sidekick", "webserver", "web server", "1"),
    UnitRecord("web@2.service", "main", "webserver", "web server", "2", "web.2", "web_nodes"),
    UnitRecord("lb@80.service", "main", "loadbalancer", "load balancer", "80", "lb.80"),
)
CHAINS = Chains(UNITS, (MachineRecord("core-1", "10.0.0.1"),))


def timed(*events: tuple[float, Event]) -> list[Event]:
    return [replace(event, monotonic=at, wall=at) for at, event in events]


def drawn(
    *events: tuple[float, Event], start: float = 0.0, end: float = 10.0
) -> dict[str, dict[str, list[str]]]:
    groups = lanes(timed(*events), CHAINS).window(start, end)
    return {
        group.title or group.name: {
            lane.label: [f"{s.start:g}-{s.end:g} {s.state.words}" for s in lane.spans if s.end]
            for lane in group.lanes
        }
        for group in groups
    }


def test_an_instance_is_one_group_with_its_whole_chain() -> None:
    found = drawn(
        (1, UnitStateChanged("web@1.service", "core-1", "loaded", "active", "up")),
        (1, UnitStateChanged("web_sidekick@1.service", "core-1", "loaded", "failed", "failed")),
        (2, ContainerStarted("web.1", "core-1")),
        (3, EntryAnnounced("/e", "webserver", "core-1", "10.0.0.1", 1)),
        (4, ServerAdded("webserver_10.0.0.1_1", "web_nodes", "UP", "")),
    )
    assert found == {
        "web server 1": {
            "unit": ["1-10 active/up on core-1"],
            "sidekick": ["1-10 failed/failed on core-1"],
            "container": ["2-10 running on core-1"],
            "entry": ["3-10 announced by core-1"],
            "HAProxy": ["4-10 UP"],
        }
    }


def test_only_instances_of_several_are_numbered() -> None:
    assert CHAINS.title("lb@80.service") == "load balancer"


def test_a_window_starts_with_what_was_before_it() -> None:
    found = drawn(
        (1, ContainerStarted("x", "core-1")),
        (6, ContainerDied("x", "core-1", "137")),
        start=5,
    )
    assert found == {"x": {"container": ["5-6 running on core-1", "6-10 ended with 137 on core-1"]}}


def test_what_ran_on_a_lost_machine_is_unknown() -> None:
    found = drawn(
        (1, MachineJoined("core-1", "10.0.0.1", "id1")),
        (1, UnitStateChanged("web@1.service", "core-1", "loaded", "active", "up")),
        (2, MachineLost("core-1")),
        (3, MachineGone("core-1", "10.0.0.1", "id1")),
        (4, UnitScheduled("web@1.service", "core-2")),
        (5, MachineStarted("core-1")),
        (6, MachineJoined("core-1", "10.0.0.1", "id1")),
    )
    assert found["core-1"]["machine"] == [
        "1-2 in fleet's list",
        "2-3 without power, still in fleet's list",
        "3-5 without power",
        "5-6 on, not in fleet's list",
        "6-10 in fleet's list",
    ]
    assert found["web server 1"]["unit"] == [
        "1-2 active/up on core-1",
        "2-4 core-1 is lost",
        "4-10 placed on core-2",
    ]


def test_an_entry_that_stands_twice_is_no_good_state() -> None:
    events = timed(
        (1, EntryAnnounced("/a", "s", "core-1", "10.0.0.1", 1)),
        (2, EntryAnnounced("/b", "s", "core-2", "10.0.0.2", 1)),
        (3, EntryWithdrawn("/a", "s", "core-1", "10.0.0.1", 1)),
    )
    groups = lanes(events).window(0, 10)
    assert [span.state.tone for span in groups[0].lanes[0].spans] == ["good", "changing", "good"]


def test_a_data_container_only_has_to_be_there() -> None:
    group = lanes(timed((1, ContainerCreated("data.1", "core-1")))).window(0, 2)[0]
    assert group.lanes[0].spans[0].state.tone == "good"


def test_what_is_unknown_is_drawn_from_what_it_carries() -> None:
    found = drawn(
        (1, UnknownEvent("moon", "rises", "luna", {"phase": "full", "why": ""})),
        (2, UnknownEvent("container", "pause", "web.1", {"machine": "core-1"})),
        (3, UnknownEvent("moon", "sets", "luna", {"hours": 7})),
        (4, UnknownEvent("moon", "eclipse", "", {})),
    )
    assert found == {
        "container": {"web.1": ["2-10 pause machine=core-1"]},
        "moon": {"luna": ["1-3 rises phase=full", "3-10 sets hours=7"], "moon": ["4-10 eclipse"]},
    }


def test_a_kind_without_a_drawing_of_its_own_is_drawn_from_its_declaration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pytest_cna.core.events.event.CLASSES", {})

    @declare("tide", "flood", subject="port", lane="the sea", text="{level:.1f} m", tone="good")
    @dataclass(frozen=True, slots=True)
    class Flood(Event):
        port: str
        level: float

    group = lanes(timed((5, Flood("Hamburg", 2.345)))).window(0, 10)[0]
    assert (group.kind, group.name, group.lanes[0].label) == ("other", "the sea", "Hamburg")
    assert group.lanes[0].spans == [Span(5, 10, State("2.3 m", "good"))]
    # its first event is news, for nothing was known before
    assert group.changed(since=4)
    assert not group.changed(since=6)


def test_what_is_only_listed_has_no_lane() -> None:
    assert (
        drawn((1, ScenarioStarted("a", "b")), (2, FaultInjected("web.1", "kill", "core-1"))) == {}
    )


def test_machines_are_named_where_endpoints_are_given() -> None:
    found = drawn((1, DiscoveryUnreachable("10.0.0.1:2379", error="no")))
    assert found == {"whether etcd answers": {"core-1": ["1-10 does not answer: no"]}}


def test_a_group_has_changed_only_after_the_fault() -> None:
    events = timed((1, ContainerStarted("x", "core-1")), (2, ContainerDied("x", "core-1")))
    group: Group = lanes(events).window(0, 10)[0]
    assert group.changed(since=1.5)
    assert not group.changed(since=2.5)


def test_many_short_spans_become_few() -> None:
    good, bad = State("up", "good"), State("down", "bad")
    spans = [Span(n / 100, (n + 1) / 100, good if n % 2 else bad) for n in range(1000)]
    spans.append(Span(10.0, 20.0, good))
    few = shortened(spans, most=50, grain=0.01)
    assert len(few) <= 50
    assert few[0].start == 0.0
    assert few[-1] == spans[-1]
    assert any("changes" in span.state.words for span in few)
    assert shortened(spans[:5], most=50, grain=0.01) == spans[:5]
