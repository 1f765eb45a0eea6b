"""Entries that explain why a recovery failed: too early, or left behind."""

from __future__ import annotations

import pytest
from story import FAULT, Story, killed, recovery

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS
from pytest_cna.core.stages import ANNOUNCED, ROUTED
from pytest_cna.judgement.entries import early_entry, left_behind
from pytest_cna.judgement.verdicts import judge_stage

KILL, LOSS = recovery(CONTAINER_KILL), recovery(MACHINE_LOSS)


@pytest.mark.parametrize(("at", "stands"), [(9.9, True), (10, False), (30, False)])
def test_an_entry_of_a_lost_machine_is_left_behind_until_it_is_gone(
    at: float, stands: bool
) -> None:
    story = Story()
    story.entry(10, EntryWithdrawn)
    story.entry(9, EntryAnnounced, "core-2")
    assert left_behind(story.times(LOSS), FAULT + at) is stands


def test_a_killed_container_leaves_no_machine_behind() -> None:
    assert not left_behind(Story().times(KILL), FAULT + 1)


@pytest.mark.parametrize(("at", "early"), [(-1, None), (1.1, FAULT + 1.1), (1.2, None), (2, None)])
def test_an_entry_before_its_container_runs_is_early(at: float, early: float | None) -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(1.2, ContainerStarted)
    story.entry(at, EntryAnnounced)
    assert early_entry(story.times(KILL)) == early


def test_an_entry_of_another_machine_says_nothing() -> None:
    story = Story()
    story.container(10, ContainerStarted, "core-2")
    story.entry(9, EntryAnnounced, "core-2")
    story.entry(9.5, EntryAnnounced, "core-1")
    assert early_entry(story.times(LOSS)) == FAULT + 9
    story.entry(11, EntryWithdrawn, "core-2")
    assert early_entry(story.times(LOSS)) is None


def test_only_what_is_announced_is_announced_too_early() -> None:
    story = killed(1.2)
    story.entry(1, EntryAnnounced)
    times = story.times(KILL)
    said = {stage: judge_stage(times, stage, FAULT + 1000) for stage in (ANNOUNCED, ROUTED)}
    assert [stage for stage, verdict in said.items() if verdict.outcome == "failed"] == [*said]
    assert "while no container of it ran" in said[ANNOUNCED].sentence
    assert "while no container of it ran" not in said[ROUTED].sentence
