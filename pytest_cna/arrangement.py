"""Arranging the set for a scenario: who has to be on a machine apart from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.errors import CnaError
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


def move_leader_off(launched: LaunchedSet, others: Collection[DeployedUnit]) -> str:
    """The name of the etcd leader's machine, which none of ``others`` runs on; the leadership is
    handed over if need be."""
    cluster = launched.cluster
    taken = {launched.machine_of(other) for other in others}
    leader = cluster.machine(launched.discovery.leader().rpartition(":")[0])
    if leader.name not in taken:
        return leader.name
    wanted = next(m for m in cluster.machines if m.member and m.name not in taken)
    etcdctl = f"ETCDCTL_API=3 etcdctl --endpoints=http://{leader.address}:2379"
    for line in leader.check(f"{etcdctl} member list").splitlines():
        member, _, name = line.split(", ")[:3]
        if name == wanted.name:
            leader.check(f"{etcdctl} move-leader {member}")
            return wanted.name
    raise CnaError(f"etcd has no member on {wanted.name} to hand its leadership to")
