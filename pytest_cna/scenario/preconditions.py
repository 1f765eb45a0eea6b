"""Preconditions of a scenario: which units run on a machine without which others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.machines.ignition import ETCD_CLIENT_PORT

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit

SETTLE = 120.0
"""Seconds fleet has to place or to unload a few units."""
FENCE = "cna-fence-{}.service"


def unit_apart(
    running: RunningDeployment, candidates: list[DeployedUnit], others: Collection[DeployedUnit]
) -> DeployedUnit:
    """One of ``candidates`` on a machine that none of ``others`` runs on; when there is none, fleet
    has to place one again. Raises WaitTimeout when it finds no machine for it."""
    taken = set(running.machines_of([*others]))
    for candidate, machine in zip(candidates, running.machines_of(candidates), strict=True):
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
            fleet.submit(name, UnitFile.parse(text, name), "loaded")
        wait_for(
            lambda: {each.name for each in fleet.units() if each.machine_id},
            lambda placed: fences.keys() <= placed,
            waiting_for=f"fleet to place {', '.join(fences)}",
            timeout=SETTLE,
        )
        for each in group:
            fleet.start(each.name)
        running.await_steady_state()
    finally:
        for name in fences:
            fleet.destroy(name)


def _unload(running: RunningDeployment, group: Collection[DeployedUnit]) -> None:
    fleet = running.cluster.fleet
    names = {each.name for each in group}
    for name in names:
        fleet.unload(name)
    wait_for(
        lambda: [s.name for s in fleet.states() if s.name in names and s.active != "inactive"],
        lambda left: not left,
        waiting_for=f"{', '.join(sorted(names))} to be unloaded",
        timeout=SETTLE,
    )


def lead_where_most_runs(running: RunningDeployment, without: Collection[DeployedUnit]) -> None:
    """Hand etcd's leadership to the member whose machine runs the most of the set, and none of
    ``without``: its loss is the hardest. Raises CnaError when etcd has no such member."""
    cluster = running.cluster
    taken = set(running.machines_of([*without]))
    runs = Counter(running.machines_of(running.deployment.units))
    candidates = [m for m in cluster.machines if m.member and m.name not in taken]
    if not candidates:
        raise CnaError("every member of etcd shares its machine with what has to stay")
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
