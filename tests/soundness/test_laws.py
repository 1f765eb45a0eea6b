"""Laws of the pure judgement, over recoveries that are drawn: what must not change a verdict, and
what must not make one better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from story import ADDRESSES, FAULT, OTHER_WEB, Story, recovery
from written_recoveries import GAPS, KINDS, LAW, judged, no_better, rows, same, stage_times

from pytest_cna.core.events.container import ContainerDied
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.routing import BalancerGone, ServerAdded, ServerEvent
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP
from pytest_cna.core.stages import NOTICED, SERVING
from pytest_cna.judgement.verdicts import allowed

if TYPE_CHECKING:
    from random import Random

    from written_recoveries import Judged

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.stages import Stage

LAG = 0.25
"""Seconds by which an observer that polls may be late."""
POLLED = (UnitScheduled, UnitStateChanged, MachineGone, MachineJoined, ServerEvent)
kinds = st.sampled_from(KINDS)
gaps_of = st.lists(
    st.floats(0.05, 6.0).map(lambda gap: round(gap, 2)), min_size=GAPS, max_size=GAPS
)


def _elsewhere() -> dict[str, Event]:
    """Events of something else."""
    story = Story(())
    story.entry(0, EntryWithdrawn, "core-2", unit=OTHER_WEB)
    story.entry(0, EntryAnnounced, "core-2", unit=OTHER_WEB)
    story.container(0, ContainerDied, "core-2", OTHER_WEB)
    story.server(0, ServerAdded, "core-2", unit=OTHER_WEB)
    story.at(0, UnitStateChanged(OTHER_WEB.name, "core-1", "loaded", "failed", "failed"))
    story.at(0, MachineGone("core-3", ADDRESSES["core-3"], "id3"))
    story.at(0, FaultInjecting("nothing", "a fault of one's own", "core-3"))
    return {type(event).__name__: event for event in story.timeline.events(Event, since=FAULT)}


ELSEWHERE = _elsewhere()


@LAW
@given(kinds, gaps_of, st.floats(-40, 1e6))
def test_the_hour_changes_nothing(kind: FaultKind, gaps: list[float], by: float) -> None:
    same(judged(kind, rows(kind, gaps)), judged(kind, rows(kind, gaps), shift=by))


@LAW
@given(kinds, gaps_of, st.sampled_from(sorted(ELSEWHERE)), st.floats(-40, 40))
def test_what_is_of_something_else_changes_nothing(
    kind: FaultKind, gaps: list[float], other: str, at: float
) -> None:
    recorded = rows(kind, gaps)
    same(judged(kind, recorded), judged(kind, [*recorded, (at, ELSEWHERE[other])]))


@LAW
@given(kinds, gaps_of, st.integers(0, 8))
def test_an_event_that_is_recorded_twice_changes_nothing(
    kind: FaultKind, gaps: list[float], which: int
) -> None:
    recorded = rows(kind, gaps)
    same(judged(kind, recorded), judged(kind, [*recorded, recorded[which % len(recorded)]]))


@LAW
@given(kinds, st.lists(st.sampled_from((0.0, 0.5)), min_size=GAPS, max_size=GAPS), st.randoms())
def test_observers_may_record_one_instant_in_any_order(
    kind: FaultKind, gaps: list[float], chance: Random
) -> None:
    """Each observer's own events keep their order."""
    recorded = [(round(at, 1), event) for at, event in rows(kind, gaps)]
    sources = sorted({event.source for _, event in recorded})
    chance.shuffle(sources)
    other = sorted(recorded, key=lambda row: (row[0], sources.index(row[1].source)))
    same(judged(kind, recorded), judged(kind, other))


@LAW
@given(kinds, gaps_of, st.lists(st.floats(0, LAG), min_size=12, max_size=12))
def test_a_poll_that_is_late_fails_only_what_was_at_its_bound(
    kind: FaultKind, gaps: list[float], lags: list[float]
) -> None:
    recorded = rows(kind, gaps)
    late: list[tuple[float, Event]] = []
    last: dict[str, float] = {}
    for (at, event), lag in zip(recorded, lags, strict=False):
        polled = at > 0 and isinstance(event, POLLED)
        # each observer's own events keep their order
        seen = max(at + lag * polled, last.get(event.source, at))
        last[event.source] = seen
        late.append((seen, event))
    before, after = judged(kind, recorded), judged(kind, late)
    times = stage_times(kind, recorded)
    for stage, reached in before.after.items():
        then = after.after[stage]
        assert (reached is None) == (then is None), (stage, before, after)
        if reached is None or then is None:
            continue
        assert abs(then - reached) <= LAG + 1e-6, (stage, before, after)
        if before.outcomes[stage] == "passed":
            at_its_bound = reached + LAG > allowed(times, stage)
            assert at_its_bound or after.outcomes[stage] == "passed", (stage, before, after)


@LAW
@given(kinds, gaps_of, st.lists(st.floats(0, 4.0), min_size=GAPS, max_size=GAPS))
def test_slower_is_never_better(kind: FaultKind, gaps: list[float], more: list[float]) -> None:
    slower = [gap + extra for gap, extra in zip(gaps, more, strict=True)]
    no_better(judged(kind, rows(kind, gaps)), judged(kind, rows(kind, slower)))


@LAW
@given(kinds, gaps_of, st.integers(0, 8), st.floats(0.05, 4.0))
def test_one_thing_seen_later_is_never_better(
    kind: FaultKind, gaps: list[float], which: int, more: float
) -> None:
    """But for a stage that it causes: that has its own time after it."""
    recorded = rows(kind, gaps)
    mine = [number for number, (at, _) in enumerate(recorded) if at > 0]
    late = mine[which % len(mine)]
    moved = [(at + more * (n == late), event) for n, (at, event) in enumerate(recorded)]
    before, after = judged(kind, recorded), judged(kind, moved)
    no_better(before, after, but=_later(kind, before, after))


def _later(kind: FaultKind, before: Judged, after: Judged) -> set[Stage]:
    """The stages that a stage which came at another time causes, itself or by others."""
    found: set[Stage] = set()
    for stage, bound in recovery(kind).bounds.items():  # causes come first
        cause = bound.cause
        if cause in found or (cause and before.after[cause] != after.after[cause]):
            found.add(stage)
    return found


@LAW
@given(kinds, gaps_of)
def test_times_do_not_decrease_along_the_causes(kind: FaultKind, gaps: list[float]) -> None:
    """But from *noticed* on: fleet is polled, so that what a stop causes may be seen before it."""
    times = stage_times(kind, rows(kind, gaps))
    for stage, bound in times.recovery.bounds.items():
        after = times.after(stage) if stage is not SERVING else None
        if bound.cause not in {None, NOTICED} and after is not None:
            assert bound.cause is not None
            cause = times.after(bound.cause)
            assert cause is not None, stage
            assert cause <= after + 1e-9, stage
        assert allowed(times, stage) <= bound.seconds + 1e-9, stage


@LAW
@given(st.sampled_from((CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP)), gaps_of, st.floats(0.1, 40))
def test_a_second_load_balancer_makes_nothing_earlier(
    kind: FaultKind, gaps: list[float], at: float
) -> None:
    recorded = rows(kind, gaps)
    alone = judged(kind, recorded)
    other = ADDRESSES["core-2"]
    leaves = judged(kind, [*recorded, (at, BalancerGone(other))])
    same(alone, leaves)
    (server,) = {e.server for _, e in recorded[:4] if isinstance(e, ServerAdded)}
    second = ServerAdded(server, "webserver_nodes", "UP", "", other)
    more = judged(kind, [(-50.0, second), *recorded])
    for stage, after in alone.after.items():
        there = more.after[stage]
        assert after is None or there is None or there >= after - 1e-6, (stage, alone, more)
