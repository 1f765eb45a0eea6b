"""What fleet, etcd, HAProxy and Docker say of a deployment at one moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_cna.core.errors import RoutingError
from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerEvent,
    ContainerStarted,
)
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.judgement.checks import Snapshot
from pytest_cna.judgement.places import first_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.discovery import Discovery
    from pytest_cna.core.model import DiscoveryEntry, Server, UnitState
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import Deployment


def take_snapshot(
    cluster: Cluster,
    deployment: Deployment,
    discovery: Discovery,
    timeline: Timeline,
    since: float,
) -> Snapshot:
    """``since``: monotonic start of the deployment. Raises FleetError or DiscoveryError when fleet
    or etcd does not answer."""
    entries = discovery.entries()
    names = cluster.joined()
    placed = timeline.events(UnitScheduled, since=since)
    containers = timeline.events(ContainerEvent, since=since)
    return Snapshot(
        expected={machine.name: machine.address for machine in cluster.powered},
        joined=frozenset(names.values()),
        states=tuple(states_by_name(cluster, names)),
        entries=tuple(entries),
        servers=_servers(cluster, deployment, entries),
        ended=_ended(containers) | _not_started(deployment, placed, containers),
        last_known={event.unit: event.machine for event in placed if event.machine},
    )


def states_by_name(cluster: Cluster, names: Mapping[str, str]) -> Iterator[UnitState]:
    """Every unit state, with the machine's name in place of its id. ``names``: those of fleet's
    list, by id. Raises FleetError."""
    for state in cluster.fleet.states():
        yield replace(state, machine_id=names.get(state.machine_id, state.machine_id))


def _servers(
    cluster: Cluster, deployment: Deployment, entries: Sequence[DiscoveryEntry]
) -> dict[str, tuple[Server, ...] | None]:
    """Address of each announced load balancer → the servers of the deployment's backends, None
    when it does not answer."""
    found: dict[str, tuple[Server, ...] | None] = {}
    balancer = deployment.balancer
    backends = {service.backend for service in deployment.services}
    for entry in entries:
        if balancer is None or entry.service != balancer.name:
            continue
        client = cluster.clients.load_balancer(entry.ip, balancer.stats_port)
        try:
            rows = client.backends()
        except RoutingError:
            found[entry.ip] = None
        else:
            found[entry.ip] = tuple(
                server for name in backends & rows.keys() for server in rows[name]
            )
    return found


def _ended(containers: Sequence[ContainerEvent]) -> frozenset[tuple[str, str]]:
    """Container and machine of those whose end is the last that Docker reported."""
    last: dict[tuple[str, str], bool] = {}
    for event in containers:
        if isinstance(event, (ContainerDied, ContainerDestroyed)):
            last[event.container, event.machine] = True
        elif isinstance(event, (ContainerStarted, ContainerCreated)):
            last[event.container, event.machine] = False
    return frozenset(key for key, ended in last.items() if ended)


def _not_started(
    deployment: Deployment, placed: Sequence[UnitScheduled], containers: Sequence[ContainerEvent]
) -> frozenset[tuple[str, str]]:
    """Those of units that came to a machine while it was observed, where Docker has started none
    since."""
    units = {unit.name: unit.container for unit in deployment.units if unit.container}
    first = first_places(placed)
    came = {
        (units[event.unit], event.machine)
        for event in placed
        if event.machine and event.unit in units and first[event.unit] != event.machine
    }
    return frozenset(came - {(event.container, event.machine) for event in containers})
