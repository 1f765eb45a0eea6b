"""Whatever was recorded, the page renders, and no text of it is ever markup."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import recorded
from reports import ATTACHMENT, FAULT, RUN, TRAFFIC, scenario

from pytest_cna.core.events.event import Event, UnknownEvent
from pytest_cna.core.events.registry import all_kinds
from pytest_cna.core.model import RequestRecord
from pytest_cna.report.history import entry
from pytest_cna.report.page import render
from pytest_cna.report.page.payload import unpacked
from pytest_cna.report.report import Report
from pytest_cna.report.scenario import Step
from pytest_cna.report.status import FAILED

HOSTILE = '</script></style></title><img src=x onerror="alert(1)"><!--&lt;{{ 7 * 7 }}{% raw %}'
SOURCES = [
    "session",
    "scenario",
    "step",
    "fault",
    "machine",
    "fleet",
    "unit",
    "container",
    "discovery",
    "routing",
    "traffic",
]
KINDS = [
    "started",
    "finished",
    "injecting",
    "injected",
    "healing",
    "healed",
    "lost",
    "machine-joined",
    "machine-gone",
    "scheduled",
    "state",
    "create",
    "start",
    "die",
    "destroy",
    "announced",
    "withdrawn",
    "added",
    "removed",
    "status",
    "reachable",
    "unreachable",
]
KEYS = [
    "fault",
    "machine",
    "load",
    "active",
    "sub",
    "exit_code",
    "service",
    "host",
    "ip",
    "port",
    "status",
    "check",
    "error",
]

texts = st.one_of(st.sampled_from(["core-1", "a@1.service", "a.1", "web:1", HOSTILE]), st.text())
times = st.floats(0, 100)
values = st.one_of(texts, st.integers(), st.floats(), st.booleans(), st.none())
unknown = st.builds(
    UnknownEvent,
    st.one_of(st.sampled_from(SOURCES), texts),
    st.one_of(st.sampled_from(KINDS), texts),
    texts,
    st.dictionaries(st.one_of(st.sampled_from(KEYS), texts), values, max_size=5),
    monotonic=times,
    wall=times,
)
FIELDS: dict[object, st.SearchStrategy[object]] = {
    str: texts,
    int: st.integers(),
    float: st.floats(),
    float | None: st.one_of(st.none(), st.floats()),
    bool: st.booleans(),
}


def known(kind: type[Event]) -> st.SearchStrategy[Event]:
    said = {name: FIELDS[made] for name, made in kind.declared.types.items()}
    return st.builds(kind, **said, monotonic=times, wall=times)


events = st.one_of(unknown, *map(known, all_kinds()))
requests = st.builds(
    RequestRecord,
    start=times,
    duration=times,
    customer=st.integers(),
    action=texts,
    method=texts,
    status=st.integers(),
    served_by=texts,
    error=st.one_of(st.just(""), texts),
)


def run(text: str, ended: float | None) -> Report:
    filled = replace(scenario(FAILED, text, text), began=0.0, ended=ended)
    filled.message = filled.traceback = filled.narrative = filled.description = filled.uri = text
    filled.tags, filled.row = [text], {text: text}
    filled.steps.append(Step(text, text, FAILED, message=text, table=[[text]], docstring=text))
    filled.add_fault(replace(FAULT, kind=text, subject=text, service=text, unit=text))
    filled.set_traffic(replace(TRAFFIC, by_instance={text: 1}, errors={text: 1}))
    filled.attach(replace(ATTACHMENT, name=text, text=text, machine=text))
    made = replace(RUN, commit=text, command=text, deployment=text, versions={text: text})
    return Report(made, (filled,), 1.0)


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    return found


def drawn(page: str) -> list[object]:
    packed = re.findall(
        r'<script type="text/plain" id="[a-z]+-\d+">([A-Za-z0-9+/=]*)</script>', page
    )
    return [unpacked(text) for text in packed]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(events, max_size=30),
    st.lists(requests, max_size=20),
    texts,
    st.one_of(st.none(), times),
)
def test_any_run_renders(
    events: list[Event], sent: list[RequestRecord], text: str, ended: float | None
) -> None:
    with tempfile.TemporaryDirectory() as place:
        report = run(text, ended)
        directory = recorded(Path(place), report, events, sent)
        page = render(directory, [replace(entry(report), session="before", started=1.0)])
    assert len(drawn(page)) == 2
    seen = elements(page)
    assert seen.count["img"] == 0
    assert seen.count["script"] == 3  # two payloads and the page's own
    assert seen.handlers == []


def test_hostile_text_is_text(tmp_path: Path) -> None:
    """The same elements as with harmless text, and the text in full."""
    hostile = render(recorded(tmp_path / "a", run(HOSTILE, 1.0)))
    harmless = render(recorded(tmp_path / "b", run("harmless", 1.0)))
    assert elements(hostile).count == elements(harmless).count
    assert "&lt;/script&gt;" in hostile
    assert "{{ 7 * 7 }}" in hostile
