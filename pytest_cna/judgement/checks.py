"""Checks of the whole deployment. Pure functions over one snapshot of the cluster."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_cna.core.model import DiscoveryEntry, Server, UnitState
    from pytest_cna.deployment.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check; ``unknown``: what was seen is not enough to judge."""

    outcome: Literal["passed", "failed", "unknown"]
    sentence: str
    evidence: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    def __str__(self) -> str:
        return "\n  ".join((self.sentence, *self.evidence))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What fleet, etcd and HAProxy said at one moment; machines by name."""

    expected: Mapping[str, str]
    """Every machine the cluster has power for: name → address."""
    joined: frozenset[str]
    """Machines in fleet's list."""
    states: tuple[UnitState, ...]
    """``machine_id`` holds the machine's name."""
    entries: tuple[DiscoveryEntry, ...]
    servers: tuple[Server, ...]
    """Of every announced load balancer."""


def machines_joined(snapshot: Snapshot) -> Verdict:
    missing = sorted(snapshot.expected.keys() - snapshot.joined)
    return _verdict(
        f"all {len(snapshot.expected)} machines are in fleet's list",
        "machines are missing in fleet's list",
        missing,
    )


def every_unit_runs(deployment: Deployment, snapshot: Snapshot) -> Verdict:
    """Each unit of the set is active on one machine."""
    active = {state.name for state in snapshot.states if state.active == "active"}
    last = {
        state.name: f"{state.active}/{state.sub} on {state.machine_id}" for state in snapshot.states
    }
    wrong = [
        f"{unit.name}: {last.get(unit.name, 'on no machine')}"
        for unit in deployment.units
        if unit.name not in active
    ]
    return _verdict("every unit is active", "units are not active", wrong)


def no_unit_twice(snapshot: Snapshot) -> Verdict:
    """No unit is active, or on its way in or out, on two machines."""
    up = [state for state in snapshot.states if state.active not in {"inactive", "failed"}]
    count = Counter(state.name for state in up)
    twice = [
        f"{state.name}: {state.active}/{state.sub} on {state.machine_id}"
        for state in up
        if count[state.name] > 1
    ]
    return _verdict("no unit runs twice", "a unit runs on two machines", sorted(twice))


def one_entry_per_instance(deployment: Deployment, snapshot: Snapshot) -> Verdict:
    """Each announced instance has one entry, at the machine it is active on; no other entry."""
    runs_at = {
        state.name: snapshot.expected.get(state.machine_id, "")
        for state in snapshot.states
        if state.active == "active"
    }
    expected = {
        (unit.service.name, f"{runs_at.get(unit.name, 'nowhere')}:{unit.instance}")
        for unit in deployment.units
        if unit.role == "main" and unit.service.announced
    }
    seen = Counter((entry.service, entry.endpoint) for entry in snapshot.entries)
    wrong = [f"missing: {s} {endpoint}" for s, endpoint in sorted(expected - seen.keys())]
    for entry in snapshot.entries:
        key = (entry.service, entry.endpoint)
        if key not in expected:
            wrong.append(f"ghost: {entry.path} = {entry.endpoint} ({entry.host})")
        elif seen[key] > 1:
            wrong.append(f"twice: {entry.path} = {entry.endpoint} ({entry.host})")
    return _verdict(
        "each instance has exactly one discovery entry",
        "the discovery entries are not those of what runs",
        wrong,
    )


def routing_equals_discovery(deployment: Deployment, snapshot: Snapshot) -> Verdict:
    """Each load balancer has every announced instance as a server that is up, and no other.

    A server is named ``<service>_<ip>_<port>``.
    """
    announced: set[tuple[str, str]] = set()
    for service in deployment.services:
        if service.backend:
            announced |= {
                (service.backend, entry.server)
                for entry in snapshot.entries
                if entry.service == service.name
            }
    if not any(service.stats_port for service in deployment.services):
        return Verdict("unknown", "the deployment has no load balancer to ask")
    up = {(server.backend, server.name) for server in snapshot.servers if server.up}
    down = {(server.backend, server.name): server for server in snapshot.servers if not server.up}
    wrong = [
        f"announced, {down[key].status} ({down[key].check}): {key[1]}"
        if key in down
        else f"announced, not routed: {key[1]}"
        for key in sorted(announced - up)
    ]
    wrong += [
        f"routed, not announced: {name}" for _, name in sorted((up | down.keys()) - announced)
    ]
    return _verdict(
        "the load balancer routes to exactly the announced instances",
        "routing differs from discovery",
        wrong,
    )


def steady_state(deployment: Deployment, snapshot: Snapshot) -> Verdict:
    """All of it at once: what every scenario begins with."""
    verdicts = [
        machines_joined(snapshot),
        every_unit_runs(deployment, snapshot),
        no_unit_twice(snapshot),
        one_entry_per_instance(deployment, snapshot),
        routing_equals_discovery(deployment, snapshot),
    ]
    wrong = [verdict for verdict in verdicts if verdict.outcome == "failed"]
    if not wrong:
        return Verdict("passed", "the set is in its steady state")
    first = wrong[0]
    return Verdict("failed", first.sentence, tuple(each for v in wrong for each in v.evidence))


def _verdict(good: str, bad: str, wrong: Iterable[str]) -> Verdict:
    evidence = tuple(wrong)
    return Verdict("failed", bad, evidence) if evidence else Verdict("passed", good)
