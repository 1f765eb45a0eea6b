"""A stage is judged by its own terms, counted from the stage that causes it."""

from __future__ import annotations

import math

import pytest
from story import FAULT, TERMS, WEB, Story, recovery, request

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.core.fault_kinds import CONTAINER_KILL, FaultKind
from pytest_cna.core.stages import ANNOUNCED, NOTICED, ROUTED, RUNNING, SERVING, Stage
from pytest_cna.core.timeline import Timeline
from pytest_cna.judgement.bounds import Bound, bounds
from pytest_cna.judgement.history import History
from pytest_cna.judgement.reached import stage_times
from pytest_cna.judgement.terms import Term
from pytest_cna.judgement.verdicts import EXACT, Outcome, Verdict, allowed, judge_stage, outcome_of

END, START, PROBE, ANSWER = (
    Term("end", 1.0, ""),
    Term("start", 4.0, ""),
    Term("probe", 0.5, ""),
    Term("answer", 2.0, ""),
)
LIMITS = {
    NOTICED: Bound(NOTICED, None, (END,), (END,)),
    RUNNING: Bound(RUNNING, NOTICED, (END, START), (START,)),
    ANNOUNCED: Bound(ANNOUNCED, RUNNING, (END, START, PROBE), (PROBE,)),
    SERVING: Bound(SERVING, RUNNING, (END, START, ANSWER), (ANSWER,)),
}
KILL = recovery(CONTAINER_KILL, limits=LIMITS)
LATE = FAULT + 1000


def killed(noticed: float | None, running: float | None, announced: float | None) -> Story:
    """When it was seen to do so (seconds after the fault)."""
    story = Story()
    story.entry(-1, EntryWithdrawn)
    if noticed is not None:
        story.container(noticed, ContainerDied)
    if running is not None:
        story.container(running, ContainerStarted)
    if announced is not None:
        story.entry(announced, EntryAnnounced)
    return story


def outcome(story: Story, stage: Stage, now: float = LATE) -> str:
    return judge_stage(story.times(KILL), stage, now).outcome


@pytest.mark.parametrize(
    ("noticed", "running", "announced", "expected"),
    [
        (0.2, 3.0, 3.4, "passed"),
        (0.2, 3.0, 3.5, "passed"),
        # 1.0 s after a stage that came early: its own term is 0.5
        (0.2, 3.0, 4.0, "failed"),
        # running had to come at 4.2: what it took more is not added
        (0.2, 5.0, 4.7, "failed"),
        (0.2, 5.0, 5.1, "failed"),
        (0.2, 4.2, 4.7, "passed"),
        (0.2, 3.0, None, "failed"),
    ],
)
def test_a_stage_has_what_its_own_terms_allow(
    noticed: float, running: float, announced: float | None, expected: str
) -> None:
    assert outcome(killed(noticed, running, announced), ANNOUNCED) == expected


def test_time_that_a_stage_left_unused_is_not_added() -> None:
    times = killed(0.2, 1.0, None).times(KILL)
    assert allowed(times, NOTICED) == pytest.approx(1.0)
    assert allowed(times, RUNNING) == pytest.approx(4.2)
    assert allowed(times, ANNOUNCED) == pytest.approx(1.5)
    assert allowed(times, SERVING) == pytest.approx(3.0)


def test_a_cause_that_came_too_late_gives_no_time() -> None:
    """An observer that lags by four seconds does not make a later stage pass."""
    seen_late = killed(5.0, 6.0, 8.0).times(KILL)
    assert allowed(seen_late, RUNNING) == pytest.approx(1.0 + 4.0)
    assert allowed(seen_late, ANNOUNCED) == pytest.approx(5.0 + 0.5)
    assert outcome(killed(5.0, 6.0, 6.4), ANNOUNCED) == "failed"


def test_of_a_cause_that_is_not_known_the_whole_bound_counts() -> None:
    times = killed(0.2, None, None).times(KILL)
    assert allowed(times, ANNOUNCED) == pytest.approx(5.5)


def test_a_stage_may_come_with_the_last_of_its_time() -> None:
    assert outcome(killed(1.0 + EXACT / 2, None, None), NOTICED) == "passed"
    assert outcome(killed(1.001, None, None), NOTICED) == "failed"
    # counted from 0, where no sum is off: the millionth belongs to it
    kill = recovery(CONTAINER_KILL, limits=LIMITS, at=-FAULT)
    timeline = Timeline()
    timeline.record(ContainerDied(WEB.container, "core-1"), at=1.0 + EXACT)
    assert judge_stage(stage_times(History(kill, timeline)), NOTICED, LATE).outcome == "passed"


# not reached


@pytest.mark.parametrize(
    ("now", "expected"), [(1.0, "unknown"), (4.19, "unknown"), (4.2, "failed"), (9.0, "failed")]
)
def test_it_is_missing_when_its_time_is_over(now: float, expected: str) -> None:
    assert outcome(killed(0.2, None, None), RUNNING, FAULT + now) == expected


@pytest.mark.parametrize(("hit", "expected"), [(4.1, "not awaited"), (4.3, "failed")])
def test_what_is_hit_again_in_its_time_is_not_awaited(hit: float, expected: str) -> None:
    story = killed(0.2, None, None)
    story.at(hit, FaultInjecting(WEB.container, "container kill", "core-1"))
    assert outcome(story, RUNNING) == expected


@pytest.mark.parametrize(("end", "expected"), [(4.1, "not awaited"), (4.3, "failed")])
def test_what_a_scenario_does_not_wait_for_is_not_awaited(end: float, expected: str) -> None:
    times = killed(0.2, 6.0, None).times(KILL, end=end)
    assert judge_stage(times, RUNNING, LATE).outcome == expected


def test_a_scenario_that_ends_now_waits_for_nothing_more() -> None:
    times = killed(0.2, None, None).times(KILL, end=4.1)
    assert judge_stage(times, RUNNING, FAULT + 4.0).outcome == "unknown"
    assert judge_stage(times, RUNNING, FAULT + 4.1).outcome == "not awaited"


def test_a_stage_that_is_lost_again_in_its_time_may_still_be_reached() -> None:
    story = killed(0.2, 1.0, None)
    story.container(1.5, ContainerDied)
    assert outcome(story, RUNNING, FAULT + 2) == "unknown"
    assert outcome(story, RUNNING) == "failed"
    story.container(3.0, ContainerStarted)
    assert outcome(story, RUNNING) == "passed"


def test_a_stage_that_is_lost_later_fails() -> None:
    story = killed(0.2, 1.0, 1.4)
    assert outcome(story, ANNOUNCED, FAULT + 60) == "passed"
    story.entry(60, EntryWithdrawn)
    verdict = judge_stage(story.times(KILL), ANNOUNCED, LATE)
    assert verdict.outcome == "failed"
    assert "was announced after the container kill of it" in verdict.sentence
    assert "no longer since 60.00 s" in verdict.sentence


# customers


def test_customers_may_suffer_from_another_fault() -> None:
    failing = [request(2.0, error="HTTP 500"), request(9.0, "zurmo_apache@8001 core-1")]
    times = killed(0.2, 1.0, 1.4).times(KILL, failing)
    assert judge_stage(times, SERVING, LATE).outcome == "failed"
    assert judge_stage(times, SERVING, LATE, excused_until=FAULT + 9.1).outcome == "passed"
    assert judge_stage(times, SERVING, LATE, excused_until=FAULT + 9.0).outcome == "failed"
    # without end: nobody can say when it should have been
    assert judge_stage(times, SERVING, LATE, excused_until=math.inf).outcome == "passed"
    nobody = killed(0.2, 1.0, 1.4).times(KILL)
    verdict = judge_stage(nobody, SERVING, LATE, excused_until=math.inf)
    assert (verdict.outcome, verdict.allowed) == ("not awaited", LIMITS[SERVING].seconds)


def test_an_excuse_that_is_over_takes_no_time() -> None:
    times = killed(0.2, 1.0, 1.4).times(KILL)
    assert allowed(times, SERVING, excused_until=FAULT + 1) == pytest.approx(3.0)


# what it says


def test_a_late_stage_names_its_terms() -> None:
    verdict = judge_stage(killed(0.5, 4.75, None).times(KILL), RUNNING, LATE)
    assert verdict.after == pytest.approx(4.75)
    assert verdict.allowed == pytest.approx(4.5)
    assert verdict.limit is LIMITS[RUNNING]
    assert verdict.sentence == (
        f"{WEB.name} was running 4.75 s after the container kill of it; its bound is 4.50 s: "
        "start 4.0 after it was noticed, and in all 5.0 s = end 1.0 + start 4.0"
    )
    assert not verdict.passed
    assert str(verdict) == verdict.sentence


def test_a_stage_without_a_cause_counts_from_the_fault() -> None:
    verdict = judge_stage(killed(1.5, None, None).times(KILL), NOTICED, LATE)
    assert verdict.sentence.endswith("its bound is 1.00 s: 1.0 s = end 1.0")


def test_a_stage_without_terms_of_its_own_names_those_of_its_cause() -> None:
    limits = {**LIMITS, RUNNING: Bound(RUNNING, NOTICED, (END,), ())}
    story = killed(0.5, 4.75, None)
    verdict = judge_stage(story.times(recovery(CONTAINER_KILL, limits=limits)), RUNNING, LATE)
    assert verdict.sentence.endswith("its bound is 0.50 s: 1.0 s = end 1.0")


def test_a_missing_stage_shows_how_far_the_others_came() -> None:
    verdict = judge_stage(killed(0.5, None, None).times(KILL), RUNNING, LATE)
    assert "was not running within its bound after the container kill of it" in verdict.sentence
    assert verdict.after is None
    assert verdict.evidence == (
        "noticed 0.50 s",
        "running not yet",
        "announced not yet",
        "serving not yet",
    )


def test_a_check_says_its_sentence_and_what_it_saw() -> None:
    found = Verdict("failed", "a unit runs twice", ("web on core-1", "web on core-2"))
    assert str(found) == "a unit runs twice\n  web on core-1\n  web on core-2"
    assert not found.passed
    assert Verdict("passed", "").passed


@pytest.mark.parametrize(
    ("after", "missing", "expected"),
    [(1.0, "failed", "passed"), (1.1, "failed", "failed"), (None, "unknown", "unknown")],
)
def test_of_a_report_without_verdicts_the_whole_bound_counts(
    after: float | None, missing: Outcome, expected: Outcome
) -> None:
    assert outcome_of(after, 1.0, missing=missing) == expected


# kinds of one's own


@pytest.mark.parametrize(
    "stages", [(RUNNING, ANNOUNCED, ROUTED), (ANNOUNCED,), (SERVING,)], ids=lambda s: str(s[0])
)
def test_a_kind_may_leave_out_stages_that_cause_others(stages: tuple[Stage, ...]) -> None:
    """Their terms count all the same, from whichever cause is left."""
    mine = FaultKind("hiccup", "container", stages, "{} hiccuped", like=CONTAINER_KILL)
    whole = bounds(CONTAINER_KILL, WEB, TERMS)
    times = Story().times(recovery(mine))
    assert list(times.recovery.bounds) == list(stages)
    for stage in stages:
        bound = times.recovery.bounds[stage]
        assert bound.seconds == pytest.approx(whole[stage].seconds)
        assert bound.cause in {None, *stages}
        assert allowed(times, stage) == pytest.approx(bound.seconds)


def test_what_is_left_out_still_has_to_happen_first() -> None:
    """The container has to have ended and to run again, and the entry to be of the new one."""
    mine = FaultKind("hiccup", "container", (RUNNING, ANNOUNCED), "{}", like=CONTAINER_KILL)
    assert Story().after(recovery(mine)) == {"running": None, "announced": None}
    only = FaultKind("hiccup", "container", (ANNOUNCED,), "{}", like=CONTAINER_KILL)
    assert Story().after(recovery(only)) == {"announced": None}
