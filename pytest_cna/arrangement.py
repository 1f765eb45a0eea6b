"""Arranging the set for a scenario: who has to be on a machine apart from whom."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_cna.errors import CnaError
from pytest_cna.ignition import ETCD_CLIENT_PORT
from pytest_cna.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_cna.fleet.deployment import DeployedUnit
    from pytest_cna.launch import LaunchedSet

ATTEMPTS = 3
SETTLE = 30.0


def unit_apart(
    launched: LaunchedSet, candidates: list[DeployedUnit], others: Collection[DeployedUnit]
) -> DeployedUnit:
    """One of ``candidates`` on a machine that none of ``others`` runs on; when there is none, one
    that shares its machine is placed anew, which fleet does on the machine with the least to do.

    Raises CnaError when it does not come about.
    """
    for _ in range(ATTEMPTS):
        taken = {launched.machine_of(other) for other in others}
        for candidate in candidates:
            if launched.machine_of(candidate) not in taken:
                return candidate
        _place_anew(launched, candidates[-1])
    raise CnaError(
        f"{candidates[-1].name} could not be placed apart from "
        f"{', '.join(other.name for other in others)} in {ATTEMPTS} attempts"
    )


def _place_anew(launched: LaunchedSet, unit: DeployedUnit) -> None:
    """Unload all that has to be on one machine with ``unit``, and start it again."""
    group = launched.companions(unit)
    fleet = launched.cluster.fleet
    for each in group:
        fleet.unload(each.name)
    names = {each.name for each in group}
    wait_for(
        lambda: [s for s in fleet.states() if s.name in names and s.active != "inactive"],
        lambda left: not left,
        waiting_for=f"{', '.join(sorted(names))} to be unloaded",
        timeout=SETTLE,
    )
    for each in group:
        fleet.start(each.name)
    launched.await_steady_state()


def lead_where_most_runs(launched: LaunchedSet, without: Collection[DeployedUnit]) -> None:
    """Hand etcd's leadership to the member whose machine runs the most of the set, and none of
    ``without``: its loss is the hardest. Raises CnaError when etcd has no such member."""
    cluster = launched.cluster
    taken = {launched.machine_of(unit) for unit in without}
    runs = Counter(launched.machine_of(unit) for unit in launched.deployment.units)
    candidates = [m for m in cluster.machines if m.member and m.name not in taken]
    if not candidates:
        raise CnaError("every member of etcd shares its machine with what has to stay")
    wanted = max(candidates, key=lambda machine: runs[machine.name])
    leader = cluster.machine(launched.discovery.leader().rpartition(":")[0])
    if leader.name == wanted.name:
        return
    etcdctl = f"ETCDCTL_API=3 etcdctl --endpoints=http://{leader.address}:{ETCD_CLIENT_PORT}"
    for line in leader.check(f"{etcdctl} member list").splitlines():
        member, _, name = line.split(", ")[:3]
        if name == wanted.name:
            leader.check(f"{etcdctl} move-leader {member}")
            return
    raise CnaError(f"etcd lists no member on {wanted.name}")
