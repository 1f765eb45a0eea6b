"""Placement: whether all units of a deployment can be placed on given machines. Pure, exact.

A unit that fits on no machine would stay unscheduled in fleet, and a container whose port is in use
on its machine would fail to start. Both are reported here before anything is created. A placement
exists when the check passes, but fleet may miss it: fleet never moves a unit to make room.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.assignment import Assignment
from pytest_cna.deployment.unit_pattern import matches
from pytest_cna.deployment.x_fleet import conflicts, is_global, metadata, peers, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.deployment.deployment import DeployedUnit, Deployment

    Metadata = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Units that must share a machine (MachineOf)."""

    units: tuple[DeployedUnit, ...]

    @property
    def ports(self) -> dict[int, str]:
        return {port: unit.name for unit in self.units for port in unit.published_ports}

    def conflict(self, other: Group) -> str:
        """Why the two groups cannot share a machine; empty when they can."""
        for ones, twos in ((self.units, other.units), (other.units, self.units)):
            for one in ones:
                for pattern in conflicts(one.file, one.name):
                    for two in twos:
                        if matches(pattern, two.name):
                            return f"{one.name} conflicts with {two.name} (Conflicts={pattern})"
        for port in sorted(self.ports.keys() & other.ports.keys()):
            return f"{self.ports[port]} and {other.ports[port]} both publish port {port}"
        return ""

    def inner_conflict(self) -> str:
        pairs = combinations(self.units, 2)
        return next(filter(None, (Group((a,)).conflict(Group((b,))) for a, b in pairs)), "")


@dataclass(frozen=True, slots=True)
class Place:
    """A machine on which only the Global units run."""

    conflict: str
    """Why it cannot run all of its Global units; empty when it can."""
    mismatched: frozenset[str]
    """Names of units whose MachineMetadata it does not have."""
    obstacles: tuple[str, ...]
    """For each group, why it cannot run there; empty when it can."""


def check_placement(deployment: Deployment, machines: Sequence[Metadata]) -> None:
    """Check that all units can be placed on ``machines``, given by the metadata of each.

    Raises ConfigurationError with the units that cannot be placed and the number of machines that
    would be enough.
    """
    _check_peers(deployment)
    everywhere = [unit for unit in deployment.units if is_global(unit.file)]
    groups = groups_of([unit for unit in deployment.units if unit not in everywhere])
    for group in groups:
        if conflict := group.inner_conflict():
            raise ConfigurationError(
                f"{deployment.path}: {conflict}, but MachineOf puts them on one machine"
            )
    assignment = Assignment(groups, Group.conflict)

    def problem(places: Sequence[Place]) -> str:
        unplaceable = _unplaceable(deployment.units, groups, places)
        if unplaceable or any(place.conflict for place in places):
            return unplaceable or next(place.conflict for place in places if place.conflict)
        reason = assignment.unsolvable([[not each for each in place.obstacles] for place in places])
        return reason and f"the units cannot be placed on {_count(places)}: {reason}"

    found = problem([_place(machine, deployment.units, groups) for machine in machines])
    if found:
        kinds = [_place(machine, deployment.units, groups) for machine in deployment.metadata]
        # when each group could have a machine of every kind for itself, more machines do not help
        sizes = range(len(machines) + 1, len(kinds) * max(len(groups), 1) + 1)
        enough = next(
            (n for n in sizes if not problem([kinds[i % len(kinds)] for i in range(n)])), 0
        )
        advice = (
            f"{enough} machines would be enough (--cna-machines={enough})"
            if enough
            else "more machines do not help"
        )
        raise ConfigurationError(f"{deployment.path}: {found}; {advice}")


def _check_peers(deployment: Deployment) -> None:
    """Raise ConfigurationError when fleet would never place the units that a MachineOf names.

    fleet places a unit with MachineOf only after the unit it names.
    """
    waits = {unit.name: set(peers(unit.file, unit.name)) for unit in deployment.units}
    for name, wanted in waits.items():
        for peer in sorted(wanted - waits.keys()):
            raise ConfigurationError(
                f"{deployment.path}: {name} has MachineOf={peer}, which is not in this deployment"
            )
    while ready := {name for name, wanted in waits.items() if wanted.isdisjoint(waits)}:
        for name in ready:
            del waits[name]
    if waits:
        names = ", ".join(sorted(waits))
        raise ConfigurationError(
            f"{deployment.path}: fleet would never place {names}: each waits for another, or for "
            "itself (MachineOf)"
        )


def groups_of(units: Sequence[DeployedUnit]) -> list[Group]:
    """The units in groups that MachineOf joins, in either direction."""
    groups: list[list[DeployedUnit]] = []
    for unit in units:
        near = {unit.name, *peers(unit.file, unit.name)}
        joined = [
            each
            for each in groups
            if any(o.name in near or unit.name in peers(o.file, o.name) for o in each)
        ]
        groups = [each for each in groups if each not in joined]
        groups.append([*(other for each in joined for other in each), unit])
    return [Group(tuple(each)) for each in groups]


def _place(machine: Metadata, units: Sequence[DeployedUnit], groups: Sequence[Group]) -> Place:
    fitting = [unit for unit in units if _accepts(unit, machine)]
    everywhere = Group(tuple(unit for unit in fitting if is_global(unit.file)))
    conflict = everywhere.inner_conflict()
    mismatched = {unit.name: unit for unit in units if unit not in fitting}

    def obstacle(group: Group) -> str:
        for unit in group.units:
            # a Global unit that a MachineOf names is in no group
            for name in (unit.name, *peers(unit.file, unit.name)):
                if name in mismatched:
                    return f"{name} requires {_required(mismatched[name])}"
        return group.conflict(everywhere)

    return Place(
        f"{conflict}, but both are Global and run on the same machine" if conflict else "",
        frozenset(mismatched),
        tuple(obstacle(group) for group in groups),
    )


def _unplaceable(
    units: Sequence[DeployedUnit], groups: Sequence[Group], places: Sequence[Place]
) -> str:
    """Why the first unit or group that fits on no machine does not; empty when all fit alone."""
    for unit in units:
        if all(unit.name in place.mismatched for place in places):
            return (
                f"{unit.name} fits on none of {_count(places)}: it requires {_required(unit)}; "
                "see [machines] metadata"
            )
    for number, group in enumerate(groups):
        obstacles = [place.obstacles[number] for place in places]
        if all(obstacles):
            names = " and ".join(unit.name for unit in group.units)
            because = ", ".join(dict.fromkeys(obstacles))
            fit = "fits" if len(group.units) == 1 else "must share a machine and fit"
            return f"{names} {fit} on none of {_count(places)}: {because}"
    return ""


def _accepts(unit: DeployedUnit, machine: Metadata) -> bool:
    wanted = metadata(unit.file, unit.name)
    return all(machine.get(key) in each for key, each in wanted.items())


def _required(unit: DeployedUnit) -> str:
    return f"MachineMetadata={' '.join(values(unit.file, 'MachineMetadata', unit.name))}"


def _count(places: Sequence[Place]) -> str:
    return f"{len(places)} machine" + "s" * (len(places) != 1)
