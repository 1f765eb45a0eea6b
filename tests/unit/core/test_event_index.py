"""Whatever is recorded in whatever order: questions are answered as by a plain scan."""

from __future__ import annotations

import threading
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.event_index import EventIndex
from pytest_cna.core.events.container import ContainerDied, ContainerEvent, ContainerStarted
from pytest_cna.core.events.event import Event, UnknownEvent
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.timeline import Timeline

MADE = (
    ContainerStarted("web.1", "core-1"),
    ContainerStarted("web.2", "core-1"),
    ContainerDied("web.1", "core-2"),
    UnitScheduled("web@1.service", "core-1"),
    MachineLost("core-1"),
    UnknownEvent("log", "line", "web.1", {}),
)
KINDS: tuple[type[Event] | tuple[type[Event], ...], ...] = (
    Event,
    ContainerEvent,
    ContainerStarted,
    MachineLost,
    (),
    (ContainerDied, UnitScheduled),
    (ContainerEvent, ContainerStarted),
    (Event, MachineLost),
)
TIMES = st.sampled_from((0.0, 0.25, 1.0, 1.5, 7.0))


def scan(
    recorded: list[Event],
    kinds: type[Event] | tuple[type[Event], ...],
    subject: str | None,
    since: float,
) -> list[Event]:
    found = [
        event
        for event in recorded
        if isinstance(event, kinds)
        and event.monotonic >= since
        and (subject is None or event.subject == subject)
    ]
    return sorted(found, key=lambda event: event.monotonic)


@given(
    st.lists(st.tuples(st.sampled_from(MADE), TIMES)),
    st.sampled_from(KINDS),
    st.sampled_from((None, "web.1", "core-1", "", "nobody")),
    TIMES | st.just(float("-inf")),
)
def test_the_index_answers_as_a_scan_does(
    added: list[tuple[Event, float]],
    kinds: type[Event] | tuple[type[Event], ...],
    subject: str | None,
    since: float,
) -> None:
    index = EventIndex()
    recorded = [replace(event, monotonic=at) for event, at in added]
    for event in recorded:
        index.add(event)
    found = index.find(kinds, subject, since)
    # the same objects: equal events of one time keep their order too
    assert list(map(id, found)) == list(map(id, scan(recorded, kinds, subject, since)))


def test_an_answer_is_the_askers_own() -> None:
    timeline = Timeline()
    timeline.record(MachineLost("core-1"))
    timeline.events(Event).clear()
    assert timeline.events(Event) == [MachineLost("core-1")]


def test_threads_record_and_ask_at_once() -> None:
    timeline = Timeline()
    wrong: list[object] = []

    def record(machine: str) -> None:
        for number in range(200):
            timeline.record(MachineLost(machine), at=float(number % 7))
            times = [event.monotonic for event in timeline.events(Event, since=1.0)]
            if times != sorted(times):
                wrong.append(times)

    threads = [threading.Thread(target=record, args=(f"core-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(timeline.events(MachineLost)) == 800
    assert len(timeline.events(MachineLost, "core-3")) == 200
