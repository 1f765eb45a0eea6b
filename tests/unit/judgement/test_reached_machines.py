"""When the stages of a machine that is lost, or returns, were reached."""

from __future__ import annotations

import pytest
from story import WEB, Story, lost, recovery, request

from pytest_cna.core.events.container import (
    ContainerDied,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.events.routing import ServerAdded
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
)
from pytest_cna.core.instance import Instance
from pytest_cna.core.stages import (
    ANNOUNCED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
)

LOSS = recovery(MACHINE_LOSS)


# a machine that is lost


def moved() -> Story:
    story = Story()
    story.at(8, MachineGone("core-1", "10.0.0.1", "id1"))
    story.at(8.5, UnitScheduled(WEB.name, ""))
    story.at(9, UnitScheduled(WEB.name, "core-2"))
    story.container(10, ContainerStarted, "core-2")
    return story


def test_after_a_machine_loss_only_another_machine_counts() -> None:
    story = moved()
    found = story.after(LOSS)
    assert (found["noticed"], found["scheduled"], found["running"]) == (8, 9, 10)
    # the old entry still stands: it is the lost machine's
    assert (found["announced"], found["routed"]) == (None, None)
    story.entry(11, EntryAnnounced, "core-2")
    story.server(12, ServerAdded, "core-2")
    found = story.after(LOSS, [request(12.5, "zurmo_apache@8001 core-2")])
    assert (found["announced"], found["routed"], found["serving"]) == (11, 12, 12.6)


def test_the_entry_of_a_lost_machine_is_no_announcement_of_what_is_killed_later() -> None:
    """A long lease: it is announced by the entry of the machine that it is on, or not at all."""
    story = moved()
    story.container(20.5, ContainerDied, "core-2")
    story.container(21, ContainerStarted, "core-2")
    kill = recovery(CONTAINER_KILL, at=20)
    on_two = type(kill)(
        kill.kind, kill.subject, kill.unit, "core-2", kill.since, kill.bounds, parts=kill.parts
    )
    times = story.times(on_two)
    assert times.after(RUNNING) == pytest.approx(1.0)
    assert times.after(ANNOUNCED) is None
    story.entry(22, EntryAnnounced, "core-2")
    assert story.times(on_two).after(ANNOUNCED) == pytest.approx(2.0)


def test_it_is_scheduled_by_its_last_placement() -> None:
    story = Story()
    story.at(9, UnitScheduled(WEB.name, "core-2"))
    assert story.after(LOSS)["scheduled"] == 9
    story.at(10, UnitScheduled(WEB.name, ""))
    times = story.times(LOSS)
    assert times.after(SCHEDULED) is None
    assert lost(times, SCHEDULED) == pytest.approx(10)
    story.at(12, UnitScheduled(WEB.name, "core-3"))
    assert story.after(LOSS)["scheduled"] == 12


def test_a_placement_on_the_lost_machine_is_none() -> None:
    story = Story()
    story.at(9, UnitScheduled(WEB.name, "core-1"))
    assert story.after(LOSS)["scheduled"] is None


def test_a_lost_machine_was_noticed_though_it_is_back() -> None:
    story = moved()
    story.at(15, MachineJoined("core-1", "10.0.0.1", "id1"))
    story.at(20, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(LOSS)["noticed"] == 8


def test_it_may_run_elsewhere_before_fleet_was_seen_to_notice() -> None:
    story = Story()
    story.container(7.9, ContainerStarted, "core-2")
    assert story.after(LOSS)["running"] == 7.9
    story.at(8, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(LOSS)["running"] == 7.9


def test_a_container_that_ran_on_another_machine_before_is_not_the_one_that_moved() -> None:
    story = Story()
    story.container(-10, ContainerStarted, "core-2")
    assert story.after(LOSS)["running"] is None


def test_what_moved_to_a_machine_that_loses_its_power_does_not_run() -> None:
    """No Docker is left to report the end of its container."""
    story = moved()
    story.at(11, MachineLost("core-3"))
    assert story.after(LOSS)["running"] == 10
    story.at(12, MachineLost("core-2"))
    times = story.times(LOSS)
    assert times.after(RUNNING) is None
    assert lost(times, RUNNING) == pytest.approx(12)


def test_what_ran_when_its_machine_lost_its_power_does_not_run_since() -> None:
    """Of a start that follows, as long as no container was started."""
    story, start = Story(), recovery(SERVICE_START)
    story.at(-5, MachineLost("core-1"))
    assert story.after(start)["running"] is None
    story.container(2, ContainerStarted)
    assert story.after(start)["running"] == 2


# a machine that returns


def test_a_machine_that_joins_again() -> None:
    story, back = Story(), recovery(MACHINE_RETURN)
    assert story.after(back) == {"joined": None}
    story.at(-60, MachineJoined("core-1", "10.0.0.1", "id1"))
    story.at(-12, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(2, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": 2}
    story.at(7, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}


def test_a_registration_of_before_is_no_return() -> None:
    """fleet takes a machine that is back only when the registration before the loss is gone."""
    story, back = Story(), recovery(MACHINE_RETURN)
    story.at(-60, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(3, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(5, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": 5}


# whom it is about


def test_home_is_where_it_was_started_last() -> None:
    assert Story().times(recovery(CONTAINER_KILL)).home == "core-1"
    assert moved().times(LOSS).home == "core-2"
    again = moved()
    again.container(12, ContainerStarted, "core-3")
    assert again.times(LOSS).home == "core-3"
    # a lost machine that returns and starts its old containers is not where the unit is
    story = moved()
    story.container(15, ContainerStarted, "core-1")
    assert story.times(LOSS).home == "core-2"


def test_a_machine_without_a_unit_has_only_stages_of_its_own() -> None:
    back = recovery(MACHINE_RETURN)
    assert back.unit is None
    assert back.instance == Instance("", "core-1")
    assert LOSS.instance == Instance(WEB.name, "core-1")
    times = Story().times(back)
    assert times.home == "core-1"
    for stage in (ANNOUNCED, ROUTED, SERVING, WITHDRAWN, UNROUTED):
        assert times.after(stage) is None
