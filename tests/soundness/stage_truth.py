"""When each stage of a recovery was really reached, by the states that there were."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from happenings import MOMENT

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from happenings import Followed, Story

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.testing import State

    Holds = Callable[[State], "bool | None"]

KILL = "container kill"
STAYS = frozenset({"container pause", "container resume"})
"""What starts no container."""


class StageTruth:
    """Of one recovery, as it stood at ``until``. Each stage is a state: what counts is since when
    it has held; monotonic seconds, None when it does not hold."""

    def __init__(
        self,
        story: Story,
        followed: Followed,
        until: float,
        *,
        before: float = math.inf,
        silence: bool | None = None,
        overwriting: bool = False,
        forgiving: bool = False,
        blink: float = 0.0,
    ) -> None:
        """``before``: requests that end later are due to a later fault. ``silence``: whether an
        instance is out of routing while no load balancer answers; None: the last state goes on.
        ``overwriting``: whether an entry that stood and is written again counts from then on.
        ``forgiving``: whether a load balancer that had gone, and comes back, is a new one.
        ``blink``: seconds for which a stage may be lost without being seen."""
        self.followed = followed
        self.until = until
        self._story = story
        self._before = before
        self._silence = silence
        self._overwriting = overwriting
        self._forgiving = forgiving
        self._blink = blink
        self._known: dict[str, float | None] = {}

    def of(self, stage: str) -> float | None:
        if stage not in self._known:
            self._known[stage] = getattr(self, f"_{stage}")()
        return self._known[stage]

    # one method for each stage

    def _noticed(self) -> float | None:
        """That it ended is seen once: it may be back since."""
        f = self.followed
        if f.kind.hits == "machine":
            before = self._story.before(f.since).listed.get(f.machine)
            return self._first(lambda state: state.listed.get(f.machine) != before)
        if f.kind.hits == "container":
            return self.death
        return self._for_good(lambda state: self._there not in state.active - state.ending)

    def _ended(self) -> float | None:
        return self._for_good(lambda state: self._there not in state.containers)

    def _scheduled(self) -> float | None:
        f = self.followed
        return self._for_good(lambda state: state.placed.get(f.name, "") not in {"", f.machine})

    def _running(self) -> float | None:
        f = self.followed
        if f.kind.moves:
            return self._for_good(lambda state: bool(self._on(state)))
        if f.kind.name != KILL:
            return self._for_good(lambda state: bool(self._on(state)))
        death = self.death
        if death is None:
            return None
        return self._for_good(lambda state: state.containers.get(self._there, 0.0) >= death)

    def _announced(self) -> float | None:
        since = self.followed.since

        def holds(state: State) -> bool:
            home, begun = self._home(state)
            return bool(home) and any(
                at <= since or at >= begun
                for entry, at in state.entries.items()
                if entry.host == home and self._is_ours(entry)
            )

        found = self._after_running(self._for_good(holds))
        if found is None or not self._overwriting:
            return found
        return max(found, self._overwritten)

    @property
    def _overwritten(self) -> float:
        """When its entry was written last."""
        state = self._story.before(self.until)
        times = [at for entry, at in state.entries.items() if self._is_ours(entry)]
        return max(times, default=0.0)

    def _routed(self) -> float | None:
        announced = self.of("announced")
        found = self._for_good_of(self._routed_states())
        return None if announced is None or found is None else max(announced, found)

    def _routed_states(self) -> Iterator[tuple[float, bool | None]]:
        """A load balancer that comes after the fault is asked once it has had the server up. Where
        none was there at the fault, nothing had it up."""
        asked: set[Instance] = set()
        home, _ = self._home(self._story.before(self.until))
        for at, state in self._story.states(self.until):
            balancers = self._story.balancers(state)
            up = {each for each in balancers if home in self._up_at(state, each)}
            asked |= up if at > self.followed.since else set(balancers)
            if self._forgiving:
                asked &= set(balancers)
            demanded = asked & set(balancers)
            nothing = None if at > self.followed.since else False
            yield at, demanded <= up if demanded else nothing

    def _withdrawn(self) -> float | None:
        return self._for_good(lambda state: not any(map(self._is_ours, state.entries)))

    def _unrouted(self) -> float | None:
        def holds(state: State) -> bool | None:
            balancers = self._story.balancers(state)
            up = any(self._up_at(state, each) for each in balancers)
            return not up if balancers else self._silence

        return self._for_good(holds)

    def _dropped(self) -> float | None:
        def holds(state: State) -> bool | None:
            every = [self._endpoint(machine) for machine in self._story.addresses]
            named = state.named.values()
            return all(each.isdisjoint(every) for each in named) if named else None

        return self._for_good(holds)

    def _named(self) -> float | None:
        def holds(state: State) -> bool | None:
            home, _ = self._home(state)
            named = state.named.values()
            return all(self._endpoint(home) in each for each in named) if named else None

        return self._for_good(holds)

    def _joined(self) -> float | None:
        """In fleet's list with the boot that followed."""
        name = self.followed.machine
        return self._for_good(
            lambda state: name in state.boots and state.listed.get(name) == state.boots[name]
        )

    def _serving(self) -> float | None:
        """The end of the first good answer of it after which none failed that may have been its."""
        f, unit = self.followed, self.followed.unit
        begun = self.of("running") if "running" in f.allowed else f.since
        if unit is None or (begun is None and unit.service.backend):
            return None
        home, _ = self._home(self._story.before(self.until))
        if not home:  # where it was last
            but = f.machine if f.kind.moves else ""
            home = self._story.home(unit, self.until, since=f.since, but=but) or f.machine
        me = f"{unit.name.removesuffix('.service')} {home}" if unit.service.backend else ""
        mine = [
            record
            for record in self._story.records
            if f.since <= record.start and record.end < min(self._before, self.until)
        ]
        failures = [r.start for r in mine if r.failed and (not me or r.served_by in {"", me})]
        back = max([f.since, *failures, *([begun] if me and begun else [])])
        return min(
            (
                r.end
                for r in mine
                if not r.failed and r.start >= back and (not me or r.served_by == me)
            ),
            default=None,
        )

    # what they ask

    @property
    def _there(self) -> Instance:
        """The instance that was hit."""
        return Instance(self.followed.name, self.followed.machine)

    @cached_property
    def death(self) -> float | None:
        """When the container that was hit had ended."""
        before = self._story.before(self.followed.since).containers.get(self._there)
        return self._first(lambda state: state.containers.get(self._there) != before)

    def _on(self, state: State) -> dict[str, float]:
        """The machines that its container is on, and when it started there; of one that has to
        move only what started elsewhere since: what ran there before is not the one that moved."""
        f = self.followed
        return {
            each.machine: begun
            for each, begun in state.containers.items()
            if each.unit == f.name
            and (not f.kind.moves or (each.machine != f.machine and begun >= f.since))
        }

    def _home(self, state: State) -> tuple[str, float]:
        """The machine that its container is on, and when it started there; the latest one's if
        there are several."""
        f, on = self.followed, self._on(state)
        home = max(on, key=lambda machine: on[machine], default="")
        if f.machine in on and f.kind.name in STAYS:
            home = f.machine
        return home, on.get(home, 0.0)

    def _after_running(self, found: float | None) -> float | None:
        if found is None or "running" not in self.followed.allowed:
            return found
        running = self.of("running")
        return None if running is None else max(running, found)

    def _is_ours(self, entry: DiscoveryEntry) -> bool:
        unit = self.followed.unit
        return unit is not None and (entry.service, str(entry.port)) == (
            unit.service.name,
            unit.instance,
        )

    @property
    def no_balancer(self) -> bool:
        """Whether none was there to be asked in all that time."""
        states = self._story.between(self.followed.since + MOMENT, self.until - MOMENT)
        return not any(map(self._story.balancers, states))

    @property
    def without_balancer(self) -> float:
        """Seconds for which none was there to be asked."""
        states = [*self._story.states(self.until)]
        ends = [*(at for at, _ in states[1:]), self.until]
        since = self.followed.since
        return sum(
            max(0.0, end - max(at, since))
            for (at, state), end in zip(states, ends, strict=True)
            if not self._story.balancers(state)
        )

    @property
    def hit_nothing(self) -> bool:
        """Whether a container was killed that came at that very moment."""
        before = self._story.before(self.followed.since)
        return self.followed.kind.name == KILL and self._there not in before.containers

    def _up_at(self, state: State, balancer: Instance) -> set[str]:
        """The machines whose instance of the unit is UP there."""
        unit = self.followed.unit
        assert unit is not None
        servers = state.servers[balancer]
        return {
            machine
            for machine in self._story.addresses
            if servers.get(self._story.server(unit, machine), "").startswith("UP")
        }

    def _endpoint(self, machine: str) -> str:
        unit = self.followed.unit
        return f"{self._story.addresses.get(machine, '')}:{unit.instance if unit else ''}"

    def _first(self, holds: Holds) -> float | None:
        since = self.followed.since
        states = self._story.states(self.until)
        return next((at for at, state in states if at >= since and holds(state)), None)

    def _for_good(self, holds: Holds) -> float | None:
        return self._for_good_of((at, holds(state)) for at, state in self._story.states(self.until))

    def _for_good_of(self, states: Iterator[tuple[float, bool | None]]) -> float | None:
        """None in place of a state: nothing is known, so that the last one goes on."""
        found: float | None = None
        lost: tuple[float, float | None] = (-math.inf, None)
        for at, holds in states:
            if holds is not False and at - lost[0] < self._blink:
                found, lost = lost[1], (-math.inf, None)
            if holds and found is None:
                found = max(at, self.followed.since)
            elif holds is False and found is not None:
                found, lost = None, (at, found)
        return lost[1] if found is None and self.until - lost[0] < self._blink else found
