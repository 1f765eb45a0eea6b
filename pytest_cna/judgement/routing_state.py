"""Whether load balancers route to an instance, as their servers came, changed and went. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import FaultEvent, FaultHealing, FaultInjecting
from pytest_cna.core.events.routing import (
    ROUTING_EVENTS,
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerEvent,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_cna.judgement.history import History

KINDS: tuple[type[Event], ...] = (*ROUTING_EVENTS, FaultInjecting, FaultHealing)


class RoutingState:
    """Of one instance, whose servers have ``names``. Each load balancer is looked at by itself:
    what one of them does says nothing of another, and the last rows of one that does not answer say
    nothing any more."""

    def __init__(self, history: History, names: Collection[str]) -> None:
        self._history = history
        self._names = names
        self._answering: set[str] = set()
        self._demanded: set[str] = set()
        """Load balancers that have to route to it: those that answered or were announced at the
        fault, and later ones once they have."""
        self._excused: set[str] = set()
        """Those that a fault of their own has hit since, until they route to it again."""
        self._up: dict[str, set[str]] = {}
        """Load balancer → servers of the instance that are up in it."""
        self._addresses = {entry.host: entry.ip for entry in history.all_events(EntryAnnounced)}
        """Machine → its address, by which load balancers go."""

    def routed(self) -> Iterator[tuple[float, bool]]:
        """From when on (monotonic seconds, from the fault on) every load balancer has it up, or
        not; while none answers, nothing new is known."""
        for when in self._moments():
            demanded = (self._demanded & self._answering) - self._excused
            if demanded:
                yield when, all(self._up.get(balancer) for balancer in demanded)

    def unrouted(self) -> Iterator[tuple[float, bool]]:
        """The same for whether no load balancer that answers has it up."""
        for when in self._moments():
            yield when, not any(self._up.get(balancer) for balancer in self._answering)

    def _moments(self) -> Iterator[float]:
        """The fault, and each change after it."""
        since = self._history.recovery.since
        events: list[Event] = self._history.all_events(KINDS)
        earlier = [event for event in events if event.monotonic < since]
        for event in earlier:
            self._take(event)
        self._demanded = self._answering | self._announced_at(since)
        self._excused.clear()
        yield since
        for event in events[len(earlier) :]:
            self._take(event)
            yield event.monotonic

    def _announced_at(self, when: float) -> set[str]:
        """The addresses of the load balancers that were announced just before."""
        balancers = self._history.recovery.balancers
        standing: dict[str, str] = {}
        for event in self._history.all_events(EntryEvent):
            ours = any(each.announces(event.service, event.port) for each in balancers)
            if ours and event.monotonic < when:
                standing.pop(event.path, None)
                if isinstance(event, EntryAnnounced):
                    standing[event.path] = event.ip
        return set(standing.values())

    def _take(self, event: Event) -> None:
        match event:
            case ServerEvent():
                balancer = event.load_balancer
                self._answering.add(balancer)
                if event.server not in self._names:
                    return
                up = self._up.setdefault(balancer, set())
                if event.up:
                    up.add(event.server)
                    self._demanded.add(balancer)
                    self._excused.discard(balancer)
                else:
                    up.discard(event.server)
            case RoutingReachable():
                self._answering.add(event.load_balancer)
            case RoutingUnreachable():
                self._answering.discard(event.load_balancer)
            case BalancerGone():
                self._answering.discard(event.load_balancer)
                self._demanded.discard(event.load_balancer)
                self._up.pop(event.load_balancer, None)
            case FaultEvent():
                self._excuse(event)

    def _excuse(self, fault: FaultEvent) -> None:
        """Let a fault that hits a load balancer, or the machine that it is on, be that one's: what
        it routes to until it has recovered is no matter of this instance."""
        if fault.target in {fault.machine, *self._history.recovery.routers}:
            self._excused.add(self._addresses.get(fault.machine, ""))
