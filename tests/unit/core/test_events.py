"""Events and their form in JSON, which is that of every version."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.events.container import ContainerDied
from pytest_cna.core.events.event import Event, UnknownEvent, declare
from pytest_cna.core.events.fleet import FleetReachable
from pytest_cna.core.events.line import event_of, line_of
from pytest_cna.core.events.registry import all_kinds
from pytest_cna.core.events.routing import ServerAdded
from pytest_cna.core.events.traffic import TrafficStarted

PACKAGE = Path(__file__).parents[3] / "pytest_cna"
RUNS = sorted((Path(__file__).parents[2] / "page" / "runs").glob("*/timeline.jsonl"))
EXAMPLES: dict[object, Any] = {str: "x", int: 1, float: 0.5, bool: True, float | None: None}


def line(source: str, kind: str, subject: str = "x", **data: object) -> str:
    row = {"monotonic": 1.5, "wall": 2.5, "source": source, "kind": kind, "subject": subject}
    return json.dumps({**row, "data": data}) + "\n"


@pytest.mark.parametrize("path", RUNS, ids=lambda path: str(path.parent.name))
def test_recorded_timelines_are_written_as_they_were_read(path: Path) -> None:
    for text in path.read_text("utf-8").splitlines(keepends=True):
        event = event_of(text)
        assert line_of(event) == text
        assert not isinstance(event, UnknownEvent)
        assert event.written is None


def test_there_are_recorded_timelines() -> None:
    assert len(RUNS) > 10


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: str(kind.__name__))
def test_a_class_of_events_is_frozen_slotted_and_says_what_it_is(kind: type[Event]) -> None:
    said = {name: EXAMPLES[made] for name, made in kind.declared.types.items()}
    event = kind(**said)
    assert not hasattr(event, "__dict__")
    with pytest.raises(AttributeError):
        event.monotonic = 1.0  # type: ignore[misc]
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__)
    assert event_of(line_of(event)) == event
    assert type(event_of(line_of(event))) is kind


values = st.recursive(
    st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)
names = st.sampled_from(
    sorted({(kind.declared.source, kind.declared.kind) for kind in all_kinds()})
)
keys = st.sampled_from(sorted({key for kind in all_kinds() for key in kind.declared.types}))


@given(
    st.one_of(names, st.tuples(st.text(), st.text())),
    st.text(),
    st.dictionaries(st.one_of(keys, st.text()), values),
)
def test_any_event_is_written_as_it_was_read(
    named: tuple[str, str], subject: str, data: dict[str, object]
) -> None:
    row = {"monotonic": 1, "wall": 0.1, "source": named[0], "kind": named[1], "subject": subject}
    text = json.dumps({**row, "data": data}) + "\n"
    event = event_of(text)
    assert line_of(event) == text
    assert (event.source, event.kind, event.subject, event.data) == (*named, subject, data)
    assert isinstance(event.text, str)


def test_what_another_version_left_out_or_added_is_no_obstacle() -> None:
    text = line("container", "die", "web.1", machine="core-1", colour="green")
    event = event_of(text)
    assert isinstance(event, ContainerDied)
    assert (event.container, event.machine, event.exit_code) == ("web.1", "core-1", "")
    assert line_of(event) == text


@pytest.mark.parametrize(
    "text",
    [
        line("moon", "rises", phase="full", nested=[{"a": None}]),
        line("container", "pause", machine="core-1"),
        line("container", "die"),
        line("container", "die", machine=7),
        line("discovery", "announced", service="s", host="h", ip="i", port=True),
        line("fleet", "reachable", "fleet has no subject", error=""),
    ],
)
def test_what_no_class_can_hold_is_kept_as_it_is(text: str) -> None:
    event = event_of(text)
    assert isinstance(event, UnknownEvent)
    assert line_of(event) == text


def test_a_whole_number_is_a_number() -> None:
    text = line(
        "traffic", "started", rate=20, customers=1, seed=1, delay_ms=0, endpoints="10.0.0.1:80"
    )
    assert isinstance(event_of(text), TrafficStarted)
    assert line_of(event_of(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "not an event"),
        ('{"monotonic": 3.0, "wall"', "Expecting"),
        ('{"monotonic": NaN, "wall": 1}', "monotonic is not a time, but nan"),
        ('{"monotonic": 1, "wall": true}', "wall is not a time, but True"),
        ('{"monotonic": 1, "wall": 1, "source": 1}', "source is not a text, but 1"),
        (
            '{"monotonic": 1, "wall": 1, "source": "a", "kind": "b", "subject": "c", "data": []}',
            "without data",
        ),
    ],
)
def test_a_line_that_is_no_event_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        event_of(text)


def test_two_events_that_say_the_same_are_equal_whenever_they_happened() -> None:
    first = ContainerDied("web.1", "core-1", monotonic=1.0)
    assert first == ContainerDied("web.1", "core-1", monotonic=2.0)
    assert first != ContainerDied("web.2", "core-1", monotonic=1.0)


def test_the_order_of_recording_is_not_written() -> None:
    assert "number" not in json.loads(line_of(ContainerDied("web.1", "core-1", number=7)))


def test_words_leave_out_what_is_empty() -> None:
    event = ServerAdded("web_10.0.0.1_80", "web", "UP", "")
    assert event.text == "added backend=web status=UP"
    assert FleetReachable().text == "reachable"


def test_a_kind_has_one_class() -> None:
    with pytest.raises(ValueError, match=r"\(container, die\), which is .*ContainerDied already"):

        @declare("container", "die", subject="container")
        @dataclass(frozen=True, slots=True)
        class Other(Event):
            container: str


def test_a_subject_is_a_field() -> None:
    with pytest.raises(ValueError, match="Other has no field 'container'"):

        @declare("moon", "sets", subject="container")
        @dataclass(frozen=True, slots=True)
        class Other(Event):
            phase: str


def test_words_name_fields() -> None:
    with pytest.raises(ValueError, match=r"Other has no field 'size'; it has \['phase'\]"):

        @declare("moon", "sets", text="{phase}, {size} large")
        @dataclass(frozen=True, slots=True)
        class Other(Event):
            phase: str


def test_the_data_of_an_event_are_not_read_by_key() -> None:
    """Its class has fields: ``event.machine``."""
    for path in sorted(PACKAGE.rglob("*.py")):
        found = [
            ast.unparse(node)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if _reads_data(node)
        ]
        assert not found, f"{path.relative_to(PACKAGE)}: {', '.join(found)}"


def _reads_data(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=ast.Attribute(attr="data")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="data"), attr="get")):
            return True
    return False


def test_fields_of_all_events_are_not_those_of_a_kind() -> None:
    common = {each.name for each in fields(Event)}
    assert common == {"monotonic", "wall", "number", "written"}
    for kind in all_kinds():
        assert not common & kind.declared.types.keys()
