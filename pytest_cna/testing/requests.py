"""Requests of a simulated cluster's customers: which servers get them, and what those answer."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from pytest_cna.core.waiting import wait_for
from pytest_cna.testing.flight import Flight, Outcome, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.balancer import FakeFollowers
    from pytest_cna.testing.instances import FakeInstances
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings

SLOW = 20
"""Of so many answers of a slow instance one is slow."""
LONGEST = 60.0
"""Seconds after which every request has ended."""


class FakeRequests:
    """Every service that is neither routed to nor a load balancer is needed for an answer: at least
    one instance of each (a database, a cache)."""

    def __init__(
        self, around: Surroundings, instances: FakeInstances, followers: FakeFollowers
    ) -> None:
        self.around = around
        self.instances = instances
        self._followers = followers
        self._turn = 0
        self._sent: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._random = random.Random(0)

    def send(
        self,
        endpoints: Sequence[str],
        done: Callable[[Outcome], None],
        *,
        more: float = 0.0,
        creates: bool = False,
    ) -> None:
        """Send one request to the next of ``endpoints`` (``ip:port``), now; ``done`` is called when
        it has ended. ``more``: seconds of work that it asks for; ``creates``: a record."""
        if not endpoints:
            self.around.clock.after(0.0, lambda: done(Outcome(0.0, error="NoEndpoint")))
            return
        self._turn += 1
        ip = endpoints[self._turn % len(endpoints)].rpartition(":")[0]
        Flight(self, self.around.delays.request + more, creates, done).begin(ip)

    def ask(self, endpoints: Sequence[str]) -> Outcome:
        """Send one request and wait for its end."""
        ended: list[Outcome] = []
        self.send(endpoints, ended.append)
        wait_for(lambda: ended, waiting_for="the end of a request", timeout=LONGEST, interval=0.001)
        return ended[0]

    # what a request asks for on its way

    def party_at_balancer(self, ip: str) -> Party | None:
        return _party(self.instances.balancer_at(ip))

    def answers(self, party: Party) -> bool:
        return self.instances.answers(party.machine, party.unit)

    def pick(self, balancer: Party, last: DiscoveryEntry | None) -> DiscoveryEntry | None:
        """The server that HAProxy chooses, another one than ``last`` if there is one; not by turns,
        for customers who are as many as the servers would always meet the same one."""
        up = self._followers.up(balancer.machine, balancer.unit)
        others = [entry for entry in up if entry != last] or up
        return self._random.choice(others) if others else None

    def party_at(self, entry: DiscoveryEntry) -> Party | None:
        """Who takes a connection there."""
        return _party(self.instances.at(entry.ip, entry.port))

    def work(self, party: Party, seconds: float) -> float:
        """How long it takes there."""
        self._sent[party.unit.name] += 1
        slow = self.around.defects.value("slow", party.unit.name)
        return seconds if slow is None or self._sent[party.unit.name] % SLOW else slow

    def answer(self, party: Party, creates: bool) -> tuple[str, int]:
        """The class of the failure and the HTTP status; neither for a good answer."""
        name, defects = party.unit.name, self.around.defects
        self._answered[name] += 1
        every = defects.value("errors", name)
        if self._needs_something() or defects.on("sick", name):
            return "HTTP 500", 500
        if creates and defects.on("refuses records", name):
            return "HTTP 500", 500
        if every and self._answered[name] % max(1, int(every)) == 0:
            return "HTTP 503", 503
        if self._overloaded(party):
            return "HTTP 503", 503
        return "", 0

    def _overloaded(self, party: Party) -> bool:
        most = self.around.defects.value("overloaded", party.unit.name)
        if most is None:
            return False
        now, requests = self.around.clock.monotonic(), party.container.requests
        while requests and requests[0] <= now - 1.0:
            requests.popleft()
        if len(requests) >= most:
            return True
        requests.append(now)
        return False

    def _needs_something(self) -> bool:
        deployment = self.around.deployment
        assert deployment is not None
        return any(
            not any(
                self.instances.answers(machine, unit)
                for unit in deployment.main_units(service)
                for machine in self.around.machines.values()
                if machine.reachable
            )
            for service in deployment.services
            if service.announced and not service.backend and not service.stats_port
        )


def _party(found: tuple[SimulatedMachine, DeployedUnit] | None) -> Party | None:
    """That unit with its container; None when it has none."""
    container = found[0].containers.get(found[1].container) if found else None
    return Party(*found, container) if found and container else None
