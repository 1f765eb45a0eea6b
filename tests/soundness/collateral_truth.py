"""Whether what no fault hit was really left alone: announced and routed from the first fault on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from happenings import Story

    from pytest_cna.core.instance import Instance
    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit

SEEN = 0.5
"""Seconds that a load balancer's row has to last to be seen for certain."""


class CollateralTruth:
    """Of one scenario, in which something was changed."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._machines = {each.machine for each in story.changes if each.kind.hits == "machine"}
        self._first = story.changes[0].at
        self._units = {unit.name: unit for unit in story.mains}

    def holds(self, until: float) -> bool | None:
        """True, False, or None where that is not clear."""
        before = self._story.before(self._first)
        spared = {entry: at for entry, at in before.entries.items() if self._spared(entry)}
        found = [self._announced(entry, at, until) for entry, at in spared.items()]
        servers = {entry.server for entry in spared}
        hosts = {(entry.service, str(entry.port), entry.host) for entry in spared}
        for balancer, rows in before.servers.items():
            unit = self._units[balancer.unit]
            if (unit.service.name, unit.instance, balancer.machine) in hosts:
                for name in servers:
                    if rows.get(name, "").startswith("UP"):
                        found.append(self._routed(balancer, name, until))
                    elif self._was_up(balancer, name):
                        found.append(None)  # it went just before, and may be seen just after
        if any(each not in before.servers for each in self._answering_lately()):
            found.append(None)  # one that ceased to answer just before may still have been seen
        if False in found:
            return False
        return None if None in found else True

    def _spared(self, entry: DiscoveryEntry) -> bool:
        if entry.host in self._machines:
            return False
        units = [
            unit
            for unit in self._story.mains
            if (unit.service.name, unit.instance) == (entry.service, str(entry.port))
        ]
        return not any(map(self._hit, units))

    def _hit(self, unit: DeployedUnit) -> bool:
        """Directly, or with its sidekick."""
        sidekick = self._story.deployment.sidekick_of(unit)
        names = {unit.name, unit.container, sidekick and sidekick.name}
        return any(change.target in names for change in self._story.changes)

    def _announced(self, entry: DiscoveryEntry, at: float, until: float) -> bool | None:
        found: bool | None = True
        for state in self._story.between(self._first, until):
            if entry not in state.entries:
                return False
            if state.entries[entry] != at:
                found = None  # it was written over, at one instant
        return found

    def _answering_lately(self) -> set[Instance]:
        states = self._story.between(self._first - SEEN, self._first)
        return {balancer for state in states for balancer in state.servers}

    def _was_up(self, balancer: Instance, server: str) -> bool:
        states = self._story.between(self._first - SEEN, self._first)
        return any(
            state.servers.get(balancer, {}).get(server, "").startswith("UP") for state in states
        )

    def _routed(self, balancer: Instance, server: str, until: float) -> bool | None:
        """What a load balancer that does not answer has is not known."""
        found: bool | None = True
        down_since: float | None = None
        states = [each for each in self._story.states(until) if each[0] >= self._first]
        for at, state in [*states, (until, None)]:
            rows = state.servers.get(balancer) if state else None
            down = rows is not None and not rows.get(server, "").startswith("UP")
            if down and down_since is None:
                down_since = at
            elif not down and down_since is not None:
                if at - down_since > SEEN:
                    return False
                down_since, found = None, None
            if state is not None and rows is None:
                found = None
        return found
