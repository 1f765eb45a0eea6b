"""Collateral damage: what no fault hit has to stay announced and routed. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent
from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.core.events.routing import (
    ROUTING_EVENTS,
    BalancerGone,
    ServerEvent,
    ServerRemoved,
)
from pytest_cna.core.model import server_name
from pytest_cna.judgement.hits import hits
from pytest_cna.judgement.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.judgement.hits import Hits

UNHARMED = "what was not hit stays announced and routed"


def unharmed(
    deployment: Deployment, timeline: Timeline, history: float, since: float, until: float
) -> Verdict | None:
    """Whether every instance that no fault since ``since`` hit stayed announced, and routed by each
    load balancer that none hit, up to ``until``; None without a fault. ``history``: when the
    deployment was launched. All in monotonic seconds."""
    faults = timeline.events(FaultInjecting, since=since)
    if not faults:
        return None
    first = faults[0].monotonic
    damage = _Damage(deployment, timeline, history, first, until, hits(deployment, timeline, since))
    found = sorted([*damage.withdrawn(), *damage.unrouted()])
    if not found:
        return Verdict("passed", UNHARMED, name=UNHARMED)
    sentence = "what no fault hit was withdrawn or unrouted (times since the first fault)"
    lines = (f"{when - first:+.2f} s: {text}" for when, text in found)
    return Verdict("failed", sentence, tuple(lines), UNHARMED)


@dataclass(frozen=True, slots=True)
class _Damage:
    """What happened between the first fault and the end to what was there before and not hit: the
    moment (monotonic seconds), and what it was."""

    deployment: Deployment
    timeline: Timeline
    history: float
    first: float
    until: float
    hit: Hits

    def withdrawn(self) -> Iterator[tuple[float, str]]:
        standing = {entry.path for entry in self._standing()}
        for event in self.timeline.events(EntryEvent, since=self.first):
            come = isinstance(event, EntryAnnounced)
            if not come and event.monotonic <= self.until and event.path in standing:
                yield event.monotonic, f"{event.service} {event.ip}:{event.port} was withdrawn"

    def unrouted(self) -> Iterator[tuple[float, str]]:
        entries = self._standing()
        servers = {server_name(entry.service, entry.ip, entry.port) for entry in entries}
        balancer = self.deployment.balancer
        balancers = {entry.ip for entry in entries if balancer and entry.service == balancer.name}
        up: set[tuple[str, str]] = set()
        for event in self.timeline.events(ROUTING_EVENTS, since=self.history):
            if isinstance(event, BalancerGone):
                up = {key for key in up if key[0] != event.load_balancer}
            if not isinstance(event, ServerEvent):
                continue
            key = (event.load_balancer, event.server)
            was_up = key in up
            (up.add if event.up else up.discard)(key)
            lost = was_up and not event.up and self.first <= event.monotonic <= self.until
            if lost and event.server in servers and event.load_balancer in balancers:
                state = "removed" if isinstance(event, ServerRemoved) else event.status
                where = f"the load balancer at {event.load_balancer}"
                yield event.monotonic, f"{where} has {event.server} {state}"

    def _standing(self) -> list[EntryEvent]:
        """The entries that stood at the first fault, of what none hit."""
        standing: dict[str, EntryEvent] = {}
        for event in self.timeline.events(EntryEvent, since=self.history):
            if event.monotonic < self.first:
                standing.pop(event.path, None)
                if isinstance(event, EntryAnnounced):
                    standing[event.path] = event
        return [entry for entry in standing.values() if self._spared(entry)]

    def _spared(self, entry: EntryEvent) -> bool:
        """Whether no fault hit the instance of that entry."""
        return entry.host not in self.hit.machines and any(
            unit.announces(entry.service, entry.port) and unit.name not in self.hit.units
            for unit in self.deployment.mains
        )
