"""When the stages of what is killed were reached, read from timelines that were written by hand."""

from __future__ import annotations

import pytest
from story import OTHER_WEB, Story, killed, lost, main_unit, recovery, request

from pytest_cna.core.events.container import (
    ContainerDied,
    ContainerKilled,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.routing import ServerAdded, ServerStatusChanged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    ROUTED,
    RUNNING,
    STAGES,
)
from pytest_cna.judgement.reached import REACHED

ME, OTHER = "zurmo_apache@8001 core-1", "zurmo_apache@8002 core-2"
KILL = recovery(CONTAINER_KILL)


def test_each_stage_can_be_reached() -> None:
    assert REACHED.keys() == set(STAGES.values())


# a container that is killed


def test_a_killed_web_server_stage_by_stage() -> None:
    story = killed()
    story.entry(1.5, EntryAnnounced)
    story.server(1.7, ServerAdded)
    records = [request(0.2, OTHER), request(1.8, ME)]
    assert story.after(KILL, records) == {
        "noticed": 0.1,
        "running": 1.2,
        "announced": 1.5,
        "routed": 1.7,
        "serving": 1.9,
    }


def test_nothing_happened_yet() -> None:
    assert set(Story().after(KILL).values()) == {None}


def test_the_death_of_a_container_of_that_name_elsewhere_is_not_its_own() -> None:
    story = Story()
    story.container(0.1, ContainerDied, "core-3")
    assert story.after(KILL)["noticed"] is None
    story.container(0.2, ContainerDied)
    assert story.after(KILL)["noticed"] == 0.2


def test_what_has_not_died_does_not_run_again() -> None:
    """The container that ran at the fault is the one that was killed."""
    story = Story()
    story.container(-0.5, ContainerStarted)
    assert story.after(KILL)["running"] is None


def test_a_container_that_dies_again_runs_since_its_last_start() -> None:
    story = killed(running=1.0)
    story.container(2.0, ContainerDied)
    story.container(3.0, ContainerStarted)
    found = story.after(KILL)
    assert (found["noticed"], found["running"]) == (0.1, 3.0)


def test_a_container_may_run_again_in_the_moment_of_its_death() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.1, ContainerStarted)
    assert story.after(KILL)["running"] == 0.1


def test_what_was_started_before_it_died_was_not_its_return() -> None:
    """systemd had just started it again when it was killed."""
    story = Story()
    story.container(0.05, ContainerStarted)
    story.container(0.1, ContainerDied)
    assert lost(story.times(KILL), RUNNING) is None


def test_a_container_that_died_again_does_not_run() -> None:
    story = killed(running=1.0)
    story.container(1.3, ContainerDied)
    times = story.times(KILL)
    assert times.after(RUNNING) is None
    assert lost(times, RUNNING) == pytest.approx(1.3)


def test_a_signal_is_no_end() -> None:
    story = killed(1.2)
    story.container(2, ContainerKilled)  # docker kill -s HUP
    assert story.after(KILL)["running"] == 1.2


def test_a_start_on_another_machine_is_not_systemd_running_it_again() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.8, ContainerStarted, "core-2")
    assert story.after(KILL)["running"] is None


def test_an_entry_that_never_went_counts_from_when_it_is_true_again() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.6, ContainerStarted)
    found = story.after(KILL)
    assert found["announced"] == found["running"] == found["routed"] == 0.6


def test_an_entry_that_was_withdrawn_and_did_not_come_back() -> None:
    times = killed().times(KILL)
    assert times.after(ANNOUNCED) is None
    assert lost(times, ANNOUNCED) is None
    assert times.after(ROUTED) is None


def test_an_entry_of_the_moment_in_which_it_runs_is_one() -> None:
    story = killed()
    story.entry(1.2, EntryAnnounced)
    assert story.after(KILL)["announced"] == 1.2


def test_an_entry_of_the_moment_of_the_fault_was_there_before_it() -> None:
    story = Story(())
    story.entry(-1, EntryWithdrawn)
    story.entry(0, EntryAnnounced)
    story.container(0.1, ContainerDied)
    story.container(0.6, ContainerStarted)
    assert story.after(KILL)["announced"] == 0.6


def test_an_entry_that_goes_as_it_counts_was_not_lost() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.6, ContainerStarted)
    story.entry(0.6, EntryWithdrawn)
    assert lost(story.times(KILL), ANNOUNCED) is None


def test_an_instance_that_is_announced_before_its_container_runs() -> None:
    """Nothing can have answered the probe then, so the entry says nothing."""
    story = Story()
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    story.entry(0.5, EntryAnnounced)
    story.server(0.7, ServerAdded)
    story.container(1.2, ContainerStarted)
    assert story.after(KILL)["announced"] is None


def test_an_announcement_that_is_withdrawn_again() -> None:
    story = killed()
    story.entry(1.5, EntryAnnounced)
    story.entry(2.5, EntryWithdrawn)
    times = story.times(KILL)
    assert times.after(ANNOUNCED) is None
    assert lost(times, ANNOUNCED) == pytest.approx(2.5)
    story.entry(4.0, EntryAnnounced)
    assert story.after(KILL)["announced"] == 4.0


def test_one_of_two_entries_that_goes_leaves_the_other() -> None:
    story = killed()
    story.entry(1.5, EntryAnnounced, uuid="one")
    story.entry(1.6, EntryAnnounced, uuid="two")
    story.entry(2.0, EntryWithdrawn, uuid="one")
    assert story.after(KILL)["announced"] == 1.5


def test_an_entry_of_another_instance_is_not_its_own() -> None:
    story = killed()
    story.entry(1.5, EntryAnnounced, unit=OTHER_WEB)
    story.entry(1.5, EntryAnnounced, unit=main_unit("cache"))
    assert story.after(KILL)["announced"] is None


def test_a_server_that_is_down_again_is_not_routed() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.6, ContainerStarted)
    story.server(0.8, ServerStatusChanged, status="DOWN")
    times = story.times(KILL)
    assert times.after(ROUTED) is None
    assert lost(times, ROUTED) == pytest.approx(0.8)


def test_a_server_that_is_not_checked_is_not_routed() -> None:
    """HAProxy would send requests to it whatever became of it."""
    story = killed()
    story.entry(1.5, EntryAnnounced)
    story.server(1.7, ServerAdded, status="no check")
    assert story.after(KILL)["routed"] is None


def test_it_is_not_routed_before_it_is_announced() -> None:
    """A server that stayed: etcd's readers did not follow, and it works again."""
    story = Story()
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    story.container(1.2, ContainerStarted)
    story.entry(1.5, EntryAnnounced)
    assert story.after(KILL)["routed"] == 1.5


def test_the_server_of_an_entry_elsewhere_is_not_its_own() -> None:
    story = killed()
    story.entry(1.5, EntryAnnounced)
    story.server(1.7, ServerAdded)
    story.entry(2.0, EntryAnnounced, "core-3")
    assert story.after(KILL)["routed"] == 1.7


def test_the_server_is_that_of_the_address_that_its_machine_has_now() -> None:
    story = killed()
    before = ("/services/webserver/before", "webserver", "core-1", "10.0.0.7", 8001)
    story.at(-60, EntryAnnounced(*before))
    story.at(-55, EntryWithdrawn(*before))
    story.entry(1.5, EntryAnnounced)
    story.server(1.7, ServerAdded)
    assert story.after(KILL)["routed"] == 1.7
