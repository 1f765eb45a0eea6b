"""Whether each check of the whole deployment really held at a moment: True, False, or None where
that is not clear."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from happenings import Story

    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing import State

TRANSIENT = 5.0
"""Seconds that a unit may run twice when a machine returns: a pass of fleet's agent."""


class CheckTruth:
    """Of one scenario."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def one_entry(self, when: float) -> bool | None:
        """Each instance has exactly one entry, at the machine it runs on; there is no other.
        Instances that we keep away are not demanded, and their entries are ghosts."""
        state = self._story.at(when)
        entries = Counter((e.service, str(e.port), e.host) for e in state.entries)
        clear: bool | None = True
        for unit in self._story.mains:
            if unit.service.announced:
                key = (unit.service.name, unit.instance)
                hosts = {host: n for (*at, host), n in entries.items() if tuple(at) == key}
                holds = self._one_entry_of(unit, hosts, state, when)
                if holds is False:
                    return False
                clear = clear and holds
        return clear

    def _one_entry_of(
        self, unit: DeployedUnit, hosts: dict[str, int], state: State, when: float
    ) -> bool | None:
        if unit.name in state.hidden:
            return None
        away = self._story.kept_away(unit, when)
        if away:
            return not hosts
        homes = {each.machine for each in state.containers if each.unit == unit.name}
        running = {each.machine for each in state.active if each.unit == unit.name} & homes
        if away is None or len(homes) > 1:
            return None
        if not running and homes:
            return None  # a container without its unit
        if running and state.placed.get(unit.name) not in running:
            return None  # a unit that fleet did not place there
        if not running:
            return self._stranded(unit, state, when) and not hosts
        whole = hosts == dict.fromkeys(running, 1)
        answers = any(each.unit == unit.name for each in state.answering)
        return whole if answers or not whole else None  # an entry of what does not answer

    def _stranded(self, unit: DeployedUnit, state: State, when: float) -> bool:
        """Whether it has nowhere to go: its machine has no power, and fleet knows no other."""
        placed = state.placed.get(unit.name, "")
        last = placed or self._story.home(unit, when)
        return last not in state.boots

    def routing(self, when: float) -> bool | None:
        """Each announced load balancer has exactly the announced instances UP; one that should run
        and does not answer has none. Unclear also when we keep every one away, or when they are
        stranded with a machine that has no power."""
        story, state = self._story, self._story.at(when)
        balancers = [unit for unit in story.mains if unit.service.stats_port]
        away = {unit.name: story.kept_away(unit, when) for unit in balancers}
        if all(away.values()) or all(self._stranded(each, state, when) for each in balancers):
            return None
        backends = {unit.service.name for unit in story.mains if unit.service.backend}
        wanted = {entry.server for entry in state.entries if entry.service in backends}
        found: list[bool | None] = [None for kept in away.values() if kept is None]
        for unit in balancers:
            if away[unit.name] is False:
                found += [
                    _routes(state, Instance(unit.name, entry.host), wanted)
                    for entry in state.entries
                    if (entry.service, str(entry.port)) == (unit.service.name, unit.instance)
                ]
        if not found or False in found:  # none is announced, though we keep none away
            return False
        return None if None in found else True

    def no_unit_twice(self, when: float) -> bool | None:
        """No container of a unit runs on two machines at once, apart from a moment when a machine
        returns."""
        if not self._twice(self._story.at(when)):
            return True
        before = list(self._story.between(when - TRANSIENT, when))
        units = [self._twice(state) for state in before]
        return False if set.intersection(*units) else None

    def _twice(self, state: State) -> set[str]:
        started = {u.name for u in self._story.mains if u.up_with is ContainerStarted}
        count = Counter(each.unit for each in state.containers if each.unit in started)
        return {name for name, number in count.items() if number > 1}


def _routes(state: State, balancer: Instance, wanted: set[str]) -> bool | None:
    """Whether it has exactly those servers UP; unclear when it has others that are not."""
    rows = state.servers.get(balancer)
    if rows is None:
        return False
    up = {name for name, status in rows.items() if status.startswith("UP")}
    if up != wanted:
        return False
    return True if set(rows) == wanted else None
