"""Checks of the whole deployment. Pure functions over one snapshot of the cluster.

Instances that a fault of the scenario keeps ``away`` (stopped, paused) are not demanded; what is
still announced of them is too much.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.core.instance import Instance
from pytest_cna.judgement.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pytest_cna.core.model import DiscoveryEntry, Server, UnitState
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment

ONE_ENTRY = "each instance has exactly one discovery entry"
ROUTING = "the load balancer routes to exactly the announced instances"
NOT_TWICE = "no unit runs twice"
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What fleet, etcd, HAProxy and Docker said at one moment; machines by name."""

    expected: Mapping[str, str]
    """Every machine the cluster has power for: name → address."""
    joined: frozenset[str]
    """Machines in fleet's list."""
    states: tuple[UnitState, ...]
    """``machine_id`` holds the machine's name."""
    entries: tuple[DiscoveryEntry, ...]
    servers: Mapping[str, tuple[Server, ...] | None]
    """Address of each announced load balancer → its servers; None when it does not answer."""
    ended: frozenset[tuple[str, str]] = frozenset()
    """Container and machine of each container whose end is the last that its Docker reported, or
    that it has not started where its unit came."""
    last_known: Mapping[str, str] = field(default_factory=dict)
    """Unit → the machine that fleet placed it on last."""

    def runs(self, unit: DeployedUnit) -> list[Instance]:
        """The instances of ``unit`` that fleet says are active, on machines with power, and whose
        container Docker does not say has ended."""
        return [
            Instance(unit.name, state.machine_id)
            for state in self.states
            if state.name == unit.name
            and state.active == "active"
            and state.machine_id in self.expected
            and (unit.container, state.machine_id) not in self.ended
        ]


def machines_joined(snapshot: Snapshot) -> Verdict:
    missing = sorted(snapshot.expected.keys() - snapshot.joined)
    return _verdict(
        f"all {len(snapshot.expected)} machines are in fleet's list",
        "machines are missing in fleet's list",
        missing,
    )


def every_unit_runs(deployment: Deployment, snapshot: Snapshot) -> Verdict:
    """Each unit of the deployment is active on a machine, with its container."""
    return _verdict(
        "every unit is active",
        "units are not active",
        [
            f"{unit.name}: {_state(unit, snapshot)}"
            for unit in deployment.units
            if not snapshot.runs(unit)
        ],
    )


def _state(unit: DeployedUnit, snapshot: Snapshot) -> str:
    """The last that is known of a unit that does not run."""
    states = [state for state in snapshot.states if state.name == unit.name]
    if not states:
        return "on no machine"
    last = states[-1]
    without = last.active == "active" and last.machine_id in snapshot.expected
    return f"{last.active}/{last.sub} on {last.machine_id}" + " without its container" * without


def no_unit_twice(snapshot: Snapshot) -> Verdict:
    """No unit is active, or on its way in or out, on two machines."""
    up = [state for state in snapshot.states if state.active not in {"inactive", "failed"}]
    count = Counter(state.name for state in up)
    twice = [
        f"{state.name}: {state.active}/{state.sub} on {state.machine_id}"
        for state in up
        if count[state.name] > 1
    ]
    return _verdict(NOT_TWICE, "a unit runs on two machines", sorted(twice))


def no_container_twice(
    deployment: Deployment, containers: Mapping[str, frozenset[str] | None]
) -> Verdict:
    """No container of a unit runs on two machines, by Docker's own word. ``containers``: machine →
    the containers that run there, None for one that does not answer; *unknown* when there is one,
    because it may run anything."""
    twice = []
    for unit in deployment.units:
        names = [name for name, there in containers.items() if there and unit.container in there]
        if len(names) > 1:
            twice.append(f"{unit.container} runs on {' and '.join(sorted(names))}")
    silent = sorted(name for name, there in containers.items() if there is None)
    if silent and not twice:
        return Verdict(
            "unknown",
            f"Docker does not answer on {', '.join(silent)}: what runs there is not known",
            name=NOT_TWICE,
        )
    return _verdict(NOT_TWICE, "a container runs on two machines", sorted(twice))


def one_entry_per_instance(
    deployment: Deployment, snapshot: Snapshot, away: Collection[str] = NONE
) -> Verdict:
    """Each announced instance has one entry, at the machine it runs on; no other entry. ``away``:
    names of the units that a fault keeps away."""
    expected: set[tuple[str, str]] = set()
    for unit in deployment.mains:
        if unit.service.announced and unit.name not in away:
            expected |= {(unit.service.name, at) for at in _endpoints(unit, snapshot)}
    seen = Counter((entry.service, entry.endpoint) for entry in snapshot.entries)
    wrong = [f"missing: {s} {endpoint}" for s, endpoint in sorted(expected - seen.keys())]
    for entry in snapshot.entries:
        key = (entry.service, entry.endpoint)
        if key not in expected:
            wrong.append(f"ghost: {entry.path} = {entry.endpoint} ({entry.host})")
        elif seen[key] > 1:
            wrong.append(f"twice: {entry.path} = {entry.endpoint} ({entry.host})")
    return _verdict(ONE_ENTRY, "the discovery entries are not those of what runs", wrong)


def _endpoints(unit: DeployedUnit, snapshot: Snapshot) -> Iterator[str]:
    """Where its instances have to be announced; ``nowhere`` for a unit that runs on no machine,
    unless its machine has no power and fleet has placed it on no other."""
    running = snapshot.runs(unit)
    for instance in running:
        yield f"{snapshot.expected[instance.machine]}:{unit.instance}"
    stranded = snapshot.last_known.get(unit.name, "")
    if not running and (not stranded or stranded in snapshot.expected):
        yield f"nowhere:{unit.instance}"


def routing_equals_discovery(
    deployment: Deployment, snapshot: Snapshot, away: Collection[str] = NONE
) -> Verdict:
    """Each load balancer by itself has every announced instance as a server that is up, and no
    other.

    A server is named ``<service>_<ip>_<port>``. *not awaited* when faults keep every load balancer
    away, *unknown* for a deployment without one.
    """
    balancer = deployment.balancer
    if balancer is None:
        return Verdict("unknown", "the deployment has no load balancer to ask", name=ROUTING)
    units = deployment.main_units(balancer)
    if all(unit.name in away for unit in units):
        return Verdict("not awaited", "the load balancer is kept away", name=ROUTING)
    there = _known_at([unit for unit in units if unit.name not in away], snapshot)
    kept_away = _known_at(units, snapshot) - there
    asked = {at: rows for at, rows in snapshot.servers.items() if at not in kept_away}
    wrong = [] if asked else ["no load balancer is announced"]
    for address, servers in sorted(asked.items()):
        where = f" at {address}" if len(asked) > 1 else ""
        if servers is None:
            wrong.append(f"the load balancer at {address} does not answer")
        else:
            wrong += [f"{each}{where}" for each in _differences(deployment, snapshot, servers)]
    return _verdict(ROUTING, "routing differs from discovery", wrong)


def _known_at(units: Collection[DeployedUnit], snapshot: Snapshot) -> set[str]:
    """The addresses at which they run, or are announced."""
    instances = (instance for unit in units for instance in snapshot.runs(unit))
    announced = {
        entry.ip
        for entry in snapshot.entries
        if any(unit.announces(entry.service, entry.port) for unit in units)
    }
    return announced | {snapshot.expected[instance.machine] for instance in instances}


def _differences(
    deployment: Deployment, snapshot: Snapshot, servers: Iterable[Server]
) -> list[str]:
    announced: set[tuple[str, str]] = set()
    for service in deployment.services:
        if service.backend:
            announced |= {
                (service.backend, entry.server)
                for entry in snapshot.entries
                if entry.service == service.name
            }
    rows = {(server.backend, server.name): server for server in servers}
    wrong = []
    for key in sorted(announced):
        row = rows.get(key)
        if row is None:
            wrong.append(f"announced, not routed: {key[1]}")
        elif not row.up:
            said = f"{row.status} ({row.check})" if row.check else row.status
            wrong.append(f"announced, {said}: {key[1]}")
    return wrong + [f"routed, not announced: {name}" for _, name in sorted(rows.keys() - announced)]


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
    name = "the deployment is in its steady state"
    if not wrong:
        return Verdict("passed", name, name=name)
    evidence = tuple(each for verdict in wrong for each in verdict.evidence)
    return Verdict("failed", wrong[0].sentence, evidence, name)


def _verdict(good: str, bad: str, wrong: Iterable[str]) -> Verdict:
    evidence = tuple(wrong)
    if evidence:
        return Verdict("failed", bad, evidence, good)
    return Verdict("passed", good, name=good)
