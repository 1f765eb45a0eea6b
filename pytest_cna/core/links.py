"""Links: the chain that carries a customer's request, from the scheduler to the customer.

A link is a part of the system that can be asked about one instance. The first one that does not
hold explains those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One link of the chain. A row of the table is equal to itself only."""

    name: str
    """Its name in reports."""
    lane: str
    """The label of its lane in the page's timeline; empty for a link that has none."""
    follower: bool = False
    """Whether it has to drop an instance that is gone."""

    def __str__(self) -> str:
        return self.name


SCHEDULER = Link("fleet", "machine")
SUPERVISOR = Link("systemd", "unit")
ENGINE = Link("Docker", "container")
APPLICATION = Link("application", "")
"""The instance itself: its health check, and what customers get from it."""
REGISTRY = Link("etcd", "entry", follower=True)
RENDERER = Link("confd", "", follower=True)
"""What confd wrote for the load balancers."""
ROUTER = Link("HAProxy", "HAProxy", follower=True)
CONFIGURATION = Link("configuration", "", follower=True)
"""What confd wrote for the application."""
CUSTOMERS = Link("customers", "")

CHAIN = (
    SCHEDULER,
    SUPERVISOR,
    ENGINE,
    APPLICATION,
    REGISTRY,
    RENDERER,
    ROUTER,
    CONFIGURATION,
    CUSTOMERS,
)
"""Every link, from the cause to the customer."""
