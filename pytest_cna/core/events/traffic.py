"""Customers' traffic. Single requests are no events, there are too many: they are in
``requests.jsonl``, on the same monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("traffic", "paced")
@dataclass(frozen=True, slots=True)
class TrafficRateChosen(Event):
    """The rate of requests that even the slowest machines can serve was determined."""

    rate: float
    """Requests per second of all customers together."""
    answer: float
    """Seconds for an answer without other load."""


@declare("traffic", "started", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficStarted(Event):
    """Customers begin to send requests."""

    traffic: str
    rate: float
    """Requests per second of all customers together."""
    customers: int
    seed: int
    """Seed of the customers' random choices."""
    delay_ms: int
    """Delay that the application is asked for in its answers (ms)."""
    endpoints: str
    """``ip:port`` of the load balancers, separated by a comma and a space."""


@declare("traffic", "endpoints", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficEndpointsChanged(Event):
    """New requests go to a changed list of load balancers."""

    traffic: str
    endpoints: str
    """``ip:port``, separated by a comma and a space; empty when none is announced."""


@declare("traffic", "finished", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficFinished(Event):
    """The customers have stopped and their last requests have ended."""

    traffic: str
    requests: int
    failed: int
    exit_status: int
    """Exit status of the customers' process; negative: the signal that killed it."""
