"""Customers at work. Single requests are no events, there are too many: they are in
``requests.jsonl``, on the same monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("traffic", "paced")
@dataclass(frozen=True, slots=True)
class TrafficRateChosen(Event):
    """It was found how many requests the slowest machines can answer."""

    rate: float
    """Requests per second that customers send, all together."""
    answer: float
    """Seconds an answer takes without other customers."""


@declare("traffic", "started", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficStarted(Event):
    """Customers send requests from now on."""

    traffic: str
    rate: float
    """Requests per second, all customers together."""
    customers: int
    seed: int
    """Of what customers choose by chance."""
    delay_ms: int
    """Added to the network's own, each way."""
    endpoints: str
    """``ip:port`` of the load balancers, by comma and space."""


@declare("traffic", "endpoints", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficEndpointsChanged(Event):
    """New requests go to other load balancers."""

    traffic: str
    endpoints: str
    """``ip:port``, by comma and space; empty: nothing is announced."""


@declare("traffic", "finished", subject="traffic")
@dataclass(frozen=True, slots=True)
class TrafficFinished(Event):
    """Customers have ended their last requests."""

    traffic: str
    requests: int
    failed: int
    exit_status: int
    """Of the customers' process; negative: the signal that killed it."""
