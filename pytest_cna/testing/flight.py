"""One request on its way through a simulated cluster, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.machine import Container, SimulatedMachine
    from pytest_cna.testing.requests import FakeRequests

RETRIES = 3
"""How often HAProxy sends a request again, to another server if there is one."""
LOOK = 0.25
"""Seconds after which it is seen whether a paused container goes on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``seconds`` is how long it took; ``status`` is 0 for a good answer, whose status the action
    decides, and when none came."""

    seconds: float
    served_by: str = ""
    error: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Party:
    """An instance that a request was sent to, as it was then."""

    machine: SimulatedMachine
    unit: DeployedUnit
    container: Container

    @property
    def ended(self) -> bool:
        """Whether what it had begun is lost."""
        there = self.machine.containers.get(self.unit.container) is self.container
        return not there and not self.container.ended_cleanly

    @property
    def paused(self) -> bool:
        return not self.ended and self.container.status == "paused"

    @property
    def served_by(self) -> str:
        return Instance(self.unit.name, self.machine.name).served_by


class Flight:
    """From a customer to HAProxy and on to a server. What breaks on the way is noticed as it is in
    reality: a machine without power by silence, a killed container by a closed connection, a paused
    one by nothing; HAProxy then sends the request to another server, as the repository's own
    configuration says (``retries 3``, ``option redispatch``, ``retry-on``)."""

    def __init__(
        self, requests: FakeRequests, work: float, creates: bool, done: Callable[[Outcome], None]
    ) -> None:
        self._requests = requests
        self._clock = requests.around.clock
        self._delays = requests.around.delays
        self._work = work
        self._creates = creates
        self._done = done
        self._begun = self._clock.monotonic()
        self._tries = 0

    def begin(self, ip: str) -> None:
        machine = self._requests.instances.machine_at(ip)
        if machine is None or not machine.reachable:
            self._end_in(self._delays.connect, "ConnectTimeout")
            return
        balancer = self._requests.party_at_balancer(ip)
        if balancer is None or not (balancer.paused or self._requests.answers(balancer)):
            self._end_in(0.0, "ConnectionRefused")
        else:
            self._try(balancer, None)

    def _try(self, balancer: Party, last: DiscoveryEntry | None) -> None:
        """Send it to a server, to another one than ``last`` if there is one."""
        if self._held_up(balancer, lambda: self._try(balancer, last)):
            return
        entry = self._requests.pick(balancer, last)
        if entry is None:
            self._end_in(self._delays.request, "HTTP 503", 503)
            return
        self._tries += 1
        machine = self._requests.instances.machine_at(entry.ip)
        if machine is None or not machine.reachable:
            wait = self._delays.server_connect
            self._clock.after(wait, lambda: self._again(balancer, entry, 503))
            return
        party = self._requests.party_at(entry)
        if party is None or not (party.paused or self._requests.answers(party)):
            self._again(balancer, entry, 503)  # nobody takes the connection
            return
        work = self._requests.work(party, self._work)
        if work > self._delays.server_answer:
            wait = self._delays.server_answer
            self._clock.after(wait, lambda: self._again(balancer, entry, 504))
        else:
            begun = self._clock.monotonic()
            self._clock.after(work, lambda: self._answered(balancer, entry, party, begun))

    def _again(self, balancer: Party, last: DiscoveryEntry, status: int) -> None:
        if self._tries > RETRIES:
            self._end_in(self._delays.request, f"HTTP {status}", status)
        else:
            self._try(balancer, last)

    def _answered(self, balancer: Party, entry: DiscoveryEntry, party: Party, begun: float) -> None:
        def again() -> None:
            self._answered(balancer, entry, party, begun)

        if self._held_up(balancer, again):
            return
        silent = party.paused or not party.machine.reachable
        left = begun + self._delays.server_answer - self._clock.monotonic()
        if silent and left > 0:
            self._clock.after(min(LOOK, left), again)
        elif silent or party.ended:
            self._again(balancer, entry, 504 if silent else 502)
        else:
            error, status = self._requests.answer(party, self._creates)
            self._end_in(0.0, error, status, party.served_by)

    def _held_up(self, balancer: Party, then: Callable[[], None]) -> bool:
        """Whether the load balancer itself does not go on: its machine is silent, it is paused, or
        it has ended."""
        left = self._begun + self._delays.patience - self._clock.monotonic()
        if left <= 0:
            self._end_in(0.0, "Timeout")
        elif balancer.paused or not balancer.machine.reachable:
            self._clock.after(min(LOOK, left), then)
        elif balancer.ended:
            self._end_in(0.0, "Disconnected")
        else:
            return False
        return True

    def _end_in(self, seconds: float, error: str, status: int = 0, served_by: str = "") -> None:
        def end() -> None:
            took = self._clock.monotonic() - self._begun
            self._done(Outcome(took, served_by, error, status))

        self._clock.after(seconds, end)
