"""The story of one scenario, as the oracle reads it: what was done, and what really was.

Nothing here was said by an observer or by the judge. The bounds are plain numbers.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.testing import State

MOMENT = 1e-6


@dataclass(frozen=True, slots=True)
class Allowance:
    """Seconds that a stage may take: ``total`` since the fault, ``own`` since the stage ``cause``,
    whose name is empty when the fault itself causes it."""

    cause: str
    own: float
    total: float


@dataclass(frozen=True, slots=True)
class Change:
    """A fault that was injected, or undone. Times are monotonic seconds."""

    at: float
    kind: FaultKind
    undoing: bool
    target: str
    machine: str
    done: float | None
    """When it was in effect; None when it failed."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A recovery that is followed: of ``unit`` or, without one, of ``machine``, from ``since``."""

    kind: FaultKind
    unit: DeployedUnit | None
    machine: str
    since: float
    allowed: Mapping[str, Allowance]
    """By the names of the stages that are judged."""

    @property
    def deadline(self) -> float:
        return self.since + max((each.total for each in self.allowed.values()), default=0.0)

    @property
    def name(self) -> str:
        return self.unit.name if self.unit else self.machine


@dataclass
class Story:
    """Of one scenario, from ``begun`` to ``ended`` (monotonic seconds)."""

    deployment: Deployment
    addresses: Mapping[str, str]
    """Machine → address."""
    begun: float
    ended: float = math.inf
    history: Sequence[tuple[float, State]] = ()
    changes: Sequence[Change] = ()
    recoveries: Sequence[Followed] = ()
    records: Sequence[RequestRecord] = ()
    """Every request of the customers, in the order of their ends."""
    _times: list[float] = field(default_factory=list)
    _windows: dict[Followed, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._times = [at for at, _ in self.history]

    @property
    def mains(self) -> list[DeployedUnit]:
        return [unit for unit in self.deployment.units if unit.role == "main"]

    def at(self, when: float) -> State:
        """Of an instant at which something changed, the state after it."""
        return self.history[max(0, bisect_right(self._times, when) - 1)][1]

    def before(self, when: float) -> State:
        """Of an instant at which something changed, the state before it."""
        return self.history[max(0, bisect_left(self._times, when - MOMENT) - 1)][1]

    def states(self, until: float) -> Iterator[tuple[float, State]]:
        """From the beginning on, each with the time at which it began, before ``until``."""
        for at, state in self.history:
            if at >= until:
                return
            yield at, state

    def between(self, since: float, until: float) -> Iterator[State]:
        """Every state that was there at some moment between two times, both included."""
        begin = max(0, bisect_right(self._times, since) - 1)
        for at, state in self.history[begin:]:
            if at > until:
                return
            yield state

    def balancers(self, state: State) -> list[Instance]:
        """Those that answer and are announced."""
        announced = {(entry.service, str(entry.port), entry.host) for entry in state.entries}
        units = {unit.name: unit for unit in self.mains}
        return [
            each
            for each in state.servers
            if (units[each.unit].service.name, units[each.unit].instance, each.machine) in announced
        ]

    def server(self, unit: DeployedUnit, machine: str) -> str:
        """The name of its server in HAProxy."""
        return f"{unit.service.name}_{self.addresses.get(machine, '')}_{unit.instance}"

    def home(
        self, unit: DeployedUnit, when: float, *, since: float = -math.inf, but: str = ""
    ) -> str:
        """The machine that its container was on just before ``when``, the latest one's if there
        were several, or was on last since ``since``; not ``but``. Empty if it was on none."""
        for at, state in reversed(self.history):
            if at >= when - MOMENT:
                continue
            on = {
                each.machine: begun
                for each, begun in state.containers.items()
                if each.unit == unit.name and each.machine != but
            }
            if on:
                return max(on, key=lambda machine: on[machine])
            if at <= since:
                break
        return ""

    def window(self, followed: Followed) -> float:
        """When the next change hits the same instance; the scenario's end without one."""
        if followed not in self._windows:
            self._windows[followed] = self._window(followed)
        return self._windows[followed]

    def _window(self, followed: Followed) -> float:
        later = (each for each in self.changes if each.at > followed.since + MOMENT)
        return min([each.at for each in later if self.hits(each, followed)] + [self.ended])

    def hits(self, change: Change, followed: Followed) -> bool:
        """Whether it hits the unit, its container, its sidekick or the machine it is on."""
        unit = followed.unit
        if unit is None:
            return change.target == followed.machine
        sidekick = self.deployment.sidekick_of(unit)
        if change.target in {unit.name, unit.container, sidekick and sidekick.name}:
            return True
        but = followed.machine if followed.kind.moves else ""
        home = self.home(unit, change.at, since=followed.since, but=but)
        return change.target == (home or followed.machine)

    def kept_away(self, unit: DeployedUnit, when: float) -> bool | None:
        """Whether a fault of ours keeps it away: it was stopped, or its container is paused. None
        where that is not clear: it is being done, or something else undid it."""
        found: bool | None = False
        for change in self.changes:
            ours = change.target in {unit.name, unit.container} and change.kind.gone
            if not ours or change.at > when or change.undoing:
                continue
            if any(
                other.undoing and other.target == change.target and change.at < other.at <= when
                for other in self.changes
            ):
                continue
            if change.done is None or change.done > when:
                found = None
            elif change.kind.hits == "container":
                paused = Instance(unit.name, change.machine) in self.at(when).paused
                found = True if paused else None
            else:
                return True
        return found

    def orphaned(self, followed: Followed, until: float) -> bool:
        """Whether a container of the unit ran without the unit, at some moment: where it then runs
        may be said in two ways."""
        return followed.unit is not None and any(
            each.unit == followed.name and each not in state.active
            for state in self.between(followed.since - MOMENT, until)
            for each in state.containers
        )

    def quorum_taken(self, since: float, until: float) -> bool:
        """Whether our own faults left etcd too few machines, at some moment."""
        whole = len(self.addresses)
        return any(
            2 * len(state.reachable) <= whole for state in self.between(since, until)
        ) and any(change.kind.hits == "machine" and not change.undoing for change in self.changes)

    def unseen(self, followed: Followed, stage: str, since: float, until: float) -> bool:
        """Whether nobody could see that stage at some moment: fleet answered nobody, or spoke of
        what was before; etcd answered nobody."""
        states = list(self.between(since, until))
        if stage in {"noticed", "scheduled", "joined"} and followed.kind.hits != "container":
            hidden = stage == "noticed" and any(
                followed.name in state.hidden
                or (followed.kind.hits == "unit" and self._taken(followed, state))
                or (
                    followed.kind.hits == "unit"
                    and state.listed.get(followed.machine) != state.boots.get(followed.machine)
                )
                for state in states
            )
            return hidden or not all(state.fleet for state in states)
        if stage in {"named", "dropped"} and not all(state.named for state in states):
            return True  # no container is left to read it in
        if stage in {"announced", "withdrawn", "named", "dropped"}:
            return not all(state.quorum for state in states)
        return False

    @staticmethod
    def _taken(followed: Followed, state: State) -> bool:
        """Whether fleet no longer has it where it was hit, and so speaks of it no more."""
        return state.placed.get(followed.name, "") != followed.machine

    def blind(self, since: float, until: float) -> bool:
        """Whether etcd or fleet answered nobody, at some moment."""
        return any(not (state.quorum and state.fleet) for state in self.between(since, until))
