"""Lanes: the states of machines and instances over time. Pure functions over events.

A group is a machine or an instance; its lanes are the links of its chain: the unit's systemd state,
its container, its discovery entry, its server in HAProxy. A lane's spans follow each other without
a gap from the first event about it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.report.page.chains import SIDEKICK, Chains, rank
from pytest_cna.report.page.states import STATES, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.events.event import Event
    from pytest_cna.report.page.chains import Kind


KINDS: Mapping[Kind, int] = {"machine": 0, "instance": 1, "other": 2, "observer": 3}


@dataclass(frozen=True, slots=True)
class Span:
    """A state from ``start`` to ``end`` (monotonic seconds); ``end`` is None while it lasts."""

    start: float
    end: float | None
    state: State


@dataclass(slots=True)
class Lane:
    """The states of one subject; each span ends where the next begins."""

    label: str
    spans: list[Span] = field(default_factory=list)

    def add(self, at: float, state: State) -> None:
        """Begin a span at ``at``, unless the state is the same as before."""
        if self.spans:
            last = self.spans[-1]
            if last.state == state:
                return
            self.spans[-1] = Span(last.start, max(last.start, at), last.state)
        self.spans.append(Span(at, None, state))

    def window(self, start: float, end: float) -> Lane:
        """The lane between ``start`` and ``end``; spans are cut at both."""
        first = max(0, bisect_right(self.spans, start, key=lambda span: span.start) - 1)
        cut = []
        for span in self.spans[first:]:
            if span.start > end:
                break
            last = end if span.end is None else min(end, span.end)
            if last >= start:
                cut.append(Span(max(start, span.start), last, span.state))
        return Lane(self.label, cut)


@dataclass(slots=True)
class Group:
    """The lanes of a machine or instance. ``name`` is unique; ``title``, for people, may be
    empty."""

    kind: Kind
    name: str
    title: str
    lanes: list[Lane]

    def changed(self, since: float) -> bool:
        """Whether a state changed after ``since``; for an observer, whether there was no answer."""
        spans = [span for lane in self.lanes for span in lane.spans]
        if self.kind == "observer":
            return any(span.state.tone == "bad" and (span.end or since) >= since for span in spans)
        # other subjects are unknown before their first event, so that it is a change too
        first = 0 if self.kind == "other" else 1
        return any(span.start > since for lane in self.lanes for span in lane.spans[first:])


class Lanes:
    """All groups of one track, built from its events."""

    def __init__(self, chains: Chains, started: frozenset[str]) -> None:
        self._chains = chains
        self._lanes: dict[tuple[Kind, str], dict[str, Lane]] = {}
        self._states = {source: make(started) for source, make in STATES.items()}

    def add(self, event: Event) -> None:
        for source, states in self._states.items():
            for subject, label, state in states.after(event):
                place = self._chains.place(source, subject)
                if source == "unit" and self._chains.is_sidekick(subject):
                    label = SIDEKICK
                label = self._chains.named(label) if source == "observer" else label
                lane = self._lanes.setdefault(place, {}).setdefault(label, Lane(label))
                lane.add(event.monotonic, state)

    def window(self, start: float, end: float) -> list[Group]:
        """The groups between ``start`` and ``end``: machines, instances in the deployment's order,
        kinds without a special drawing, observers."""
        groups = []
        for (kind, name), lanes in self._lanes.items():
            cut = [lane.window(start, end) for lane in lanes.values()]
            cut = sorted((lane for lane in cut if lane.spans), key=lambda lane: rank(lane.label))
            if cut:
                title = self._chains.title(name)
                groups.append(Group(kind, name, title, cut))
        return sorted(groups, key=lambda group: (KINDS[group.kind], self._chains.order(group.name)))


def lanes(events: Sequence[Event], chains: Chains | None = None) -> Lanes:
    """The lanes of ``events``, which are in time order."""
    started = {event.container for event in events if isinstance(event, ContainerStarted)}
    found = Lanes(chains or Chains(), frozenset(started))
    for event in events:
        found.add(event)
    return found


def shortened(spans: Sequence[Span], most: int, grain: float) -> list[Span]:
    """At most about ``most`` spans: neighbours shorter than ``grain`` seconds are merged into one
    that says how many changes it covers; the grain grows as far as needed."""
    kept = list(spans)
    while len(kept) > most and grain > 0:
        merged: list[Span] = []
        hidden = 0
        for span in kept:
            end = span.start if span.end is None else span.end
            if merged and end - merged[-1].start <= grain:
                hidden += 1
                words = State(f"{hidden + 1} changes in a short time", "changing")
                merged[-1] = Span(merged[-1].start, end, words)
            else:
                hidden = 0
                merged.append(span)
        kept, grain = merged, grain * 2
    return kept
