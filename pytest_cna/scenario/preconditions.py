"""Preconditions of a scenario: which units run on a machine without which others."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError, FleetUnable, ProductFailed
from pytest_cna.core.waiting import answered, wait_for
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.machines.ignition import ETCD_CLIENT_PORT
from pytest_cna.scenario.ordering import order

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_cna.cluster.fleet import Fleet
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit

SETTLE = 120.0
"""Seconds fleet has to place or to unload a few units."""
FENCE = "cna-fence-{}.service"


def unit_apart(
    running: RunningDeployment, candidates: list[DeployedUnit], others: Collection[DeployedUnit]
) -> DeployedUnit:
    """One of ``candidates`` on a machine that none of ``others`` runs on; when there is none, fleet
    has to place one again. Raises CnaError when it finds no machine for it."""
    taken = set(_machines_of(running, others))
    for candidate, machine in zip(candidates, _machines_of(running, candidates), strict=True):
        if machine not in taken:
            return candidate
    _place_apart(running, candidates[-1], others)
    return candidates[-1]


def _place_apart(
    running: RunningDeployment, unit: DeployedUnit, others: Collection[DeployedUnit]
) -> None:
    """Start ``unit`` and all that follows it again, while fences keep it off the machines of
    ``others``: units that have to be with those, and conflict with these."""
    group = running.companions(unit)
    fleet = running.cluster.fleet
    _unload(running, group)
    fences = {FENCE.format(number): other.name for number, other in enumerate(others)}
    try:
        for name, other in fences.items():
            conflicts = "".join(f"Conflicts={each.name}\n" for each in group)
            text = f"[Service]\nExecStart=/bin/true\n[X-Fleet]\nMachineOf={other}\n{conflicts}"
            order(partial(_load, fleet, text), name)
        wait_for(
            lambda: {each.name for each in fleet.units() if each.machine_id},
            lambda placed: fences.keys() <= placed,
            waiting_for=f"fleet to place {', '.join(fences)}",
            timeout=SETTLE,
            transient=(FleetUnable,),
        )
        for each in group:
            order(fleet.start, each.name)
        running.await_steady_state()
    except ProductFailed as error:
        kept = ", ".join(sorted({other.service.called for other in others}))
        raise CnaError(f"fleet finds no machine for {unit.name} without {kept}: {error}") from error
    finally:
        for name in fences:
            order(fleet.destroy, name)


def _unload(running: RunningDeployment, group: Collection[DeployedUnit]) -> None:
    fleet = running.cluster.fleet
    names = {each.name for each in group}
    for name in names:
        order(fleet.unload, name)
    wait_for(
        lambda: [s.name for s in fleet.states() if s.name in names and s.active != "inactive"],
        lambda left: not left,
        waiting_for=f"{', '.join(sorted(names))} to be unloaded",
        timeout=SETTLE,
        transient=(FleetUnable,),
    )


def lead_where_most_runs(running: RunningDeployment, without: Collection[DeployedUnit]) -> None:
    """Hand etcd's leadership to the member whose machine runs the most of the set, and none of
    ``without``: its loss is the hardest. Raises CnaError when etcd has no such member."""
    cluster = running.cluster
    taken = set(_machines_of(running, without))
    runs = Counter(_machines_of(running, running.deployment.units))
    candidates = [m for m in cluster.machines if m.member and m.name not in taken]
    if not candidates:
        kept = ", ".join(sorted({unit.service.called for unit in without}))
        raise CnaError(f"every etcd member runs on a machine with {kept}; add a machine")
    wanted = max(candidates, key=lambda machine: runs[machine.name])
    leader = running.leader()
    if leader.name == wanted.name:
        return
    etcdctl = f"ETCDCTL_API=3 etcdctl --endpoints=http://{leader.address}:{ETCD_CLIENT_PORT}"
    for line in leader.check(f"{etcdctl} member list").splitlines():
        member, _, name = line.split(", ")[:3]
        if name == wanted.name:
            leader.check(f"{etcdctl} move-leader {member}")
            return
    raise CnaError(f"etcd lists no member on {wanted.name}")


def _load(fleet: Fleet, text: str, name: str) -> None:
    fleet.submit(name, UnitFile.parse(text, name), "loaded")


def _machines_of(running: RunningDeployment, units: Collection[DeployedUnit]) -> list[str]:
    """Asked again while fleet does not answer."""
    return answered(
        lambda: running.machines_of([*units]),
        waiting_for="fleet to say which units are active",
        transient=(FleetUnable,),
    )
