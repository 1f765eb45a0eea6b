"""Placement: can every unit of a deployment be placed on these machines? Pure, exact.

fleet would leave a unit that fits nowhere waiting for ever; Docker would let a container fail
whose port is taken on its machine. Both are told here before anything is created.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.errors import ConfigurationError
from pytest_cna.fleet.glob import matches
from pytest_cna.fleet.x_fleet import SECTION, conflicts, is_global, peers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.fleet.deployment import DeployedUnit, Deployment

    Metadata = Mapping[str, str]

MOST = 20
"""Machines that are tried when it is told how many would do."""


@dataclass(frozen=True, slots=True)
class Group:
    """Units that have to share a machine."""

    units: tuple[DeployedUnit, ...]

    @property
    def ports(self) -> dict[int, str]:
        return {port: unit.name for unit in self.units for port in unit.published_ports}

    def may_run_on(self, metadata: Metadata) -> bool:
        return all(_accepts(unit, metadata) for unit in self.units)

    def quarrel(self, other: Group) -> str:
        """Why the two cannot share a machine; empty when they can."""
        for one in self.units:
            for two in other.units:
                for left, right in ((one, two), (two, one)):
                    for pattern in conflicts(left.file, left.name):
                        if matches(pattern, right.name):
                            return f"{left.name} conflicts with {right.name} (Conflicts={pattern})"
        for port in self.ports.keys() & other.ports.keys():
            return f"{self.ports[port]} and {other.ports[port]} both publish port {port}"
        return ""


def check_placement(deployment: Deployment, machines: Sequence[Metadata]) -> None:
    """``machines``: the metadata of each. Raises ConfigurationError naming the units that are in
    each other's way, and how many machines would do."""
    groups = _groups([unit for unit in deployment.units if not is_global(unit.file)])
    for group in groups:
        for index, one in enumerate(group.units):
            quarrel = Group((one,)).quarrel(Group(group.units[index + 1 :]))
            if quarrel:
                raise ConfigurationError(
                    f"{deployment.path}: {quarrel}, but MachineOf puts them on one machine"
                )
        if not any(group.may_run_on(each) for each in machines):
            unit = next(u for u in group.units if not any(_accepts(u, m) for m in machines))
            wanted = " ".join(unit.file.values(SECTION, "MachineMetadata", unit.name))
            raise ConfigurationError(
                f"{deployment.path}: {unit.name} fits on none of {_count(machines)}: it "
                f"wants MachineMetadata={wanted}; see [machines] metadata"
            )
    if _place(groups, machines):
        return
    pattern = list(deployment.metadata)
    enough = next(
        (
            count
            for count in range(len(machines) + 1, MOST + 1)
            if _place(groups, [pattern[index % len(pattern)] for index in range(count)])
        ),
        None,
    )
    reasons = (one.quarrel(two) for i, one in enumerate(groups) for two in groups[i + 1 :])
    reason = next((each for each in reasons if each), "they exclude each other")
    advice = f"{enough} would do (--cna-machines)" if enough else "more machines do not help"
    raise ConfigurationError(
        f"{deployment.path}: the units cannot be placed on {_count(machines)}: {reason}; {advice}"
    )


def _groups(units: Sequence[DeployedUnit]) -> list[Group]:
    """Joined by MachineOf, whichever way it points; the most demanding first."""
    by_name = {unit.name: unit for unit in units}
    leader = {unit.name: unit.name for unit in units}

    def root(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for unit in units:
        for peer in peers(unit.file, unit.name):
            if peer in by_name:
                leader[root(unit.name)] = root(peer)
    members: dict[str, list[DeployedUnit]] = defaultdict(list)
    for unit in units:
        members[root(unit.name)].append(unit)
    groups = [Group(tuple(each)) for each in members.values()]
    demands = {
        id(group): sum(bool(group.quarrel(other)) for other in groups if other is not group)
        for group in groups
    }
    return sorted(groups, key=lambda group: -demands[id(group)])


def _place(groups: Sequence[Group], machines: Sequence[Metadata]) -> bool:
    """By backtracking. Machines that are equal so far are tried once."""
    placed: list[list[Group]] = [[] for _ in machines]

    def place(index: int) -> bool:
        if index == len(groups):
            return True
        group, tried = groups[index], []
        for metadata, there in zip(machines, placed, strict=True):
            state = (sorted(metadata.items()), [id(each) for each in there])
            fits = group.may_run_on(metadata) and not any(group.quarrel(each) for each in there)
            if state in tried or not fits:
                continue
            tried.append(state)
            there.append(group)
            if place(index + 1):
                return True
            there.pop()
        return False

    return place(0)


def _accepts(unit: DeployedUnit, metadata: Metadata) -> bool:
    """Values of one key are alternatives, different keys have to hold together."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in unit.file.values(SECTION, "MachineMetadata", unit.name):
        for pair in shlex.split(line):
            key, _, value = pair.partition("=")
            wanted[key].add(value)
    return all(metadata.get(key) in values for key, values in wanted.items())


def _count(machines: Sequence[Metadata]) -> str:
    return f"{len(machines)} machine" + "s" * (len(machines) != 1)
