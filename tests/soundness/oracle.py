"""What a fair judge says of a scenario, computed from what really was.

It imports nothing of ``pytest_cna.judgement`` and reads nothing that an observer recorded. The
rules that it shares with the judge:

* A stage is a state. It is reached at the moment since which it holds without an end, up to the end
  of its window: the next fault, or undoing of one, that hits the same instance (its unit, its
  container, its sidekick or the machine it is on), else the end of the scenario. Faults that hit
  something else do not end it. What holds at the fault already counts from 0.
* *running* after a kill: on the same machine, in a container that started after the death; after a
  move: on another machine, in one that started since.
  *announced*: by an entry of the machine that the container is on, announced after that container
  started, or standing since before the fault. *routed*: at every load balancer that answers and was
  there when the fault came; one that appears later counts once it had the server up; while none
  answers, nothing new is known, and nothing at all where none answered when the fault came.
  *unrouted*: no load balancer that answers has it UP; *no check* is not UP. *serving*: since when
  no request fails that may have been its, up to the end; failures are excused while another
  recovery that overlaps is within its time.
* A stage may take its own terms after the stage that causes it, and all terms of the way in all: a
  cause that was late gives no time, one that was early takes none.
* A stage whose time is not over when its window ends is *not awaited*.
* Instances that our own faults keep away are not demanded; their entries are ghosts.
* What the product did wrong is *failed*; where nobody could look it is *broken*.

Its answers are sets: what is within GREY seconds of a limit may be judged either way, and so may
everything where our own faults took etcd's quorum.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from check_truth import CheckTruth
from collateral_truth import CollateralTruth
from happenings import MOMENT
from stage_truth import StageTruth

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from happenings import Followed, Story

    from pytest_cna.testing import State

GREY = 0.5
"""Seconds by which observers that poll may be late."""
LATE = (GREY / 2, GREY)
CLOCK = 0.011
"""Seconds by which the time of a container's start may be wrong: its machine's clock was compared
with ours by looks that took so long."""
POLLED = frozenset({"routed", "unrouted", "dropped", "named"})
"""Stages whose observers look now and then."""
BACK = frozenset({"running", "announced", "routed", "serving", "named"})
"""Stages of an instance that should be back."""
ANYTHING = frozenset({"passed", "failed", "broken", "not awaited"})


class Oracle:
    """Of one scenario that has ended."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._checks = CheckTruth(story)

    def not_done(self, name: str, on: str, asked: float, now: float) -> frozenset[str]:
        """What may be said of a fault, or of undoing one, that could not be done: nothing, if the
        instances that it could have hit were whole and everybody answered."""
        story = self._story
        if name == "conclude":
            return frozenset()
        if story.blind(asked, now) or story.quorum_taken(story.begun, now):
            return ANYTHING
        hurt = frozenset({"failed", "broken"})
        units = [unit for unit in story.mains if on in {unit.service.called, unit.service.name}]
        for state in story.between(asked, now):
            for unit in units:
                there = Instance(unit.name, state.placed.get(unit.name, ""))
                if there in state.ending and name == "fault service stop":
                    return frozenset({"failed"})
                if there not in state.containers or there in state.paused | state.ending:
                    return hurt
        return frozenset()

    # stages

    def stage(self, followed: Followed, stage: str, now: float, said: str = "") -> frozenset[str]:
        """The outcomes that are fair by what was at ``now`` (monotonic seconds); only ``said``, as
        soon as that is found to be one."""
        story = self._story
        window = min(story.window(followed), now + MOMENT)
        if story.quorum_taken(followed.since, window) or story.orphaned(followed, window):
            return ANYTHING
        if StageTruth(story, followed, window).hit_nothing:
            return ANYTHING
        over = self._over(followed)
        fair: set[str] = set()
        cause = followed.allowed[stage].cause
        due = followed.since + followed.allowed[stage].total
        # without an observed cause a stage has the time of the whole way
        limited = [True]
        if cause in followed.allowed and story.unseen(followed, cause, followed.since, window):
            limited.append(False)
        for truth, by_cause, slack in product(
            self._truths(followed, stage, window, over), limited, (0.0, -GREY, GREY)
        ):
            limit = self._limit(truth, stage) if by_cause else followed.allowed[stage].total
            fair.add(self._stage(truth, stage, limit, over, slack))
            if said in fair:
                return frozenset({said})
        if stage in BACK and followed.unit and story.kept_away(followed.unit, window - MOMENT):
            fair = fair - {"failed"} | {"broken", "not awaited"}
        if stage == "routed" and StageTruth(story, followed, window).no_balancer:
            ours = {*self._if_not_ours(now), *self._if_not_ours(min(now, due))}
            fair = {"passed", "broken", "not awaited", *ours}
        elif stage == "routed":
            if self._taken_from_us(followed, window):
                fair |= {"passed", "not awaited"}
            if StageTruth(story, followed, window).without_balancer > GREY:
                fair |= self._if_not_ours(now)
        if story.unseen(followed, stage, followed.since, window):
            fair.add("broken")
            if window < due:
                fair.add("not awaited")
            hidden = followed.name in story.before(window).hidden  # by fleet, which is judged too
            if hidden or not story.unseen(followed, stage, window - GREY, window):
                fair |= {"failed", "not awaited"}  # it may have been seen late
        elif "failed" in fair:
            decided = min(window, followed.since + followed.allowed[stage].total + GREY)
            if story.blind(followed.since, decided):
                fair.add("broken")
        return frozenset(fair)

    def _truths(
        self, followed: Followed, stage: str, window: float, over: float
    ) -> Iterator[StageTruth]:
        """What really was, in every way in which it may be read; the plainest first."""
        changes = self._story.changes
        later = min((change.at for change in changes if change.at > over), default=math.inf)
        lately = [at for at, _ in self._story.states(window) if at > window - GREY]
        lately += self._started(followed.name, window, window + CLOCK)
        for until, before, silence, overwriting, forgiving, blink in product(
            [window, window + MOMENT, *(window - late for late in LATE), *lately],
            (later, math.inf) if stage == "serving" and later < math.inf else (math.inf,),
            (None, True) if stage == "unrouted" else (None,),
            (False, True) if stage in {"announced", "routed"} else (False,),
            (False, True) if stage == "routed" else (False,),
            (0.0, GREY) if stage in POLLED else (0.0,),
        ):
            yield StageTruth(
                self._story,
                followed,
                until,
                before=before,
                silence=silence,
                overwriting=overwriting,
                forgiving=forgiving,
                blink=blink,
            )

    def _started(self, name: str, since: float, until: float) -> list[float]:
        """Just after each moment then at which a container of the unit had started meanwhile."""
        return [
            at + MOMENT
            for at, state in self._story.history
            if since < at <= until
            and any(each.unit == name and t > since for each, t in state.containers.items())
        ]

    def _taken_from_us(self, followed: Followed, until: float) -> bool:
        """Whether we kept every load balancer away at some moment: that gives time."""
        moments = [each.done or each.at for each in self._story.changes if each.at < until]
        return any(not self._if_not_ours(max(at, followed.since) + MOMENT) for at in moments)

    def _if_not_ours(self, now: float) -> set[str]:
        """That no load balancer answers is the product's failure, unless we keep each away."""
        balancers = [unit for unit in self._story.mains if unit.service.stats_port]
        return set() if all(self._story.kept_away(u, now) for u in balancers) else {"failed"}

    def _stage(self, truth: StageTruth, stage: str, limit: float, over: float, slack: float) -> str:
        followed = truth.followed
        if stage == "serving":
            limit = max(limit, over - followed.since)
        at = truth.of(stage)
        if at is not None:
            return "passed" if at - followed.since <= limit + slack else "failed"
        return "failed" if truth.until >= followed.since + limit + slack else "not awaited"

    def _limit(self, truth: StageTruth, stage: str) -> float:
        """Seconds after the fault."""
        allowed = truth.followed.allowed
        allowance = allowed[stage]
        cause = truth.of(allowance.cause) if allowance.cause in allowed else None
        if cause is None:
            return allowance.total
        whole = self._limit(truth, allowance.cause)
        return min(cause - truth.followed.since, whole) + allowance.own

    def _over(self, followed: Followed) -> float:
        """Until when customers may suffer from it, or from recoveries that overlap with it."""
        until = followed.deadline
        for other in sorted(self._story.recoveries, key=lambda each: each.since):
            if other.since <= until and other.deadline >= followed.since:
                until = max(until, other.deadline)
        return until

    def all_placed(self, displaced: Iterable[Followed], now: float) -> frozenset[str]:
        """Of the units of a lost machine: every one is scheduled in time."""
        every = [self.stage(each, "scheduled", now) for each in displaced]
        if any(fair == {"failed"} for fair in every):
            return frozenset({"failed"})
        return frozenset().union(*every) | {"passed"} if every else frozenset({"passed"})

    # checks

    def check(self, name: str, now: float) -> frozenset[str]:
        """The outcomes that are fair of a check of the whole deployment that was made ``now``."""
        truth: dict[str, Callable[[float], bool | None]] = {
            "one entry": self._checks.one_entry,
            "routing": self._checks.routing,
            "no unit twice": self._checks.no_unit_twice,
        }
        story = self._story
        if name != "no unit twice" and story.quorum_taken(story.begun, now):
            return ANYTHING
        moments = [now - GREY, *(at for at, _ in story.history if now - GREY < at <= now), now]
        fair = _outcomes({truth[name](moment) for moment in moments})
        return fair | {"broken"} if story.blind(now - GREY, now) else fair

    def quorum(self, asked: float, now: float) -> frozenset[str]:
        """etcd answered at some moment while it was asked."""
        served = {state.quorum for state in self._story.between(asked - GREY, now)}
        return _outcomes({True if served == {True} else None if True in served else False})

    def unharmed(self, now: float) -> frozenset[str]:
        story = self._story
        if not story.changes or story.quorum_taken(story.begun, now):
            return ANYTHING
        return _outcomes({CollateralTruth(story).holds(now)})

    # customers

    def no_failure(self, now: float) -> frozenset[str]:
        ended = [record for record in self._story.records if record.end <= now + GREY]
        failed = [record.end for record in ended if record.failed]
        if not failed:
            return frozenset({"passed"})
        return frozenset({"failed"} if min(failed) < now - GREY else {"passed", "failed"})

    def no_loss(self, asked: float, now: float) -> frozenset[str]:
        """Records that were created and acknowledged are there. Where nobody answers an audit
        clearly, that is the product's failure or, if we keep it away ourselves, not to be judged.
        """
        records = self._story.records
        made = {record.created for record in records if record.created and record.end <= now}
        if not made:
            return frozenset({"failed", "broken"})
        moments = (self._story.before(now), self._story.at(now))
        fair = {"failed" if made & state.lost else "passed" for state in moments}
        last = max((record.end for record in records if record.end <= now), default=now)
        around = [r for r in records if r.end >= min(asked, last) - GREY and r.start <= now]
        clear = bool(around) and not any(record.failed for record in around)
        clear = clear and all(map(self._served, self._story.between(asked - GREY, now)))
        return frozenset(fair if clear else {*fair, "failed", "broken"})

    def _served(self, state: State) -> bool:
        """Whether customers are routed to an instance."""
        rows = (state.servers[each].values() for each in self._story.balancers(state))
        return any(status.startswith("UP") for each in rows for status in each)


def _outcomes(held: set[bool | None]) -> frozenset[str]:
    if held == {True}:
        return frozenset({"passed"})
    return frozenset({"failed"}) if held == {False} else ANYTHING
