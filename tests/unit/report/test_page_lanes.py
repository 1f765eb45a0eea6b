"""Lanes from events."""

from __future__ import annotations

from pytest_cna.core.timeline import Event, Value
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


def event(at: float, source: str, kind: str, subject: str, **data: Value) -> Event:
    return Event(at, at, source, kind, subject, data)


def drawn(*events: Event, start: float = 0.0, end: float = 10.0) -> dict[str, dict[str, list[str]]]:
    groups = lanes(events, CHAINS).window(start, end)
    return {
        group.title or group.name: {
            lane.label: [f"{s.start:g}-{s.end:g} {s.state.words}" for s in lane.spans if s.end]
            for lane in group.lanes
        }
        for group in groups
    }


def test_an_instance_is_one_group_with_its_whole_chain() -> None:
    found = drawn(
        event(1, "unit", "state", "web@1.service", machine="core-1", active="active", sub="up"),
        event(1, "unit", "state", "web_sidekick@1.service", machine="core-1", active="failed"),
        event(2, "container", "start", "web.1", machine="core-1"),
        event(3, "discovery", "announced", "/e", service="webserver", port=1, host="core-1"),
        event(4, "routing", "added", "webserver_10.0.0.1_1", status="UP"),
    )
    assert found == {
        "web server 1": {
            "unit": ["1-10 active/up on core-1"],
            "sidekick": ["1-10 failed/ on core-1"],
            "container": ["2-10 running on core-1"],
            "entry": ["3-10 announced by core-1"],
            "HAProxy": ["4-10 UP"],
        }
    }


def test_only_instances_of_several_are_numbered() -> None:
    assert CHAINS.title("lb@80.service") == "load balancer"


def test_a_window_starts_with_what_was_before_it() -> None:
    found = drawn(
        event(1, "container", "start", "x", machine="core-1"),
        event(6, "container", "die", "x", machine="core-1", exit_code="137"),
        start=5,
    )
    assert found == {"x": {"container": ["5-6 running on core-1", "6-10 ended with 137 on core-1"]}}


def test_what_ran_on_a_lost_machine_is_unknown() -> None:
    found = drawn(
        event(1, "fleet", "machine-joined", "core-1"),
        event(1, "unit", "state", "web@1.service", machine="core-1", active="active", sub="up"),
        event(2, "machine", "lost", "core-1"),
        event(3, "fleet", "machine-gone", "core-1"),
        event(4, "unit", "scheduled", "web@1.service", machine="core-2"),
        event(5, "machine", "started", "core-1"),
        event(6, "fleet", "machine-joined", "core-1"),
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
    groups = lanes(
        [
            event(1, "discovery", "announced", "/a", service="s", port=1, host="core-1"),
            event(2, "discovery", "announced", "/b", service="s", port=1, host="core-2"),
            event(3, "discovery", "withdrawn", "/a", service="s", port=1, host="core-1"),
        ]
    ).window(0, 10)
    assert [span.state.tone for span in groups[0].lanes[0].spans] == ["good", "changing", "good"]


def test_a_data_container_only_has_to_be_there() -> None:
    group = lanes([event(1, "container", "create", "data.1", machine="core-1")]).window(0, 2)[0]
    assert group.lanes[0].spans[0].state.tone == "good"


def test_machines_are_named_where_endpoints_are_told() -> None:
    found = drawn(event(1, "discovery", "unreachable", "10.0.0.1:2379", error="no"))
    assert found == {"whether etcd answers": {"core-1": ["1-10 does not answer: no"]}}


def test_a_group_has_changed_only_after_the_fault() -> None:
    told = [event(1, "container", "start", "x"), event(2, "container", "die", "x")]
    group: Group = lanes(told).window(0, 10)[0]
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
