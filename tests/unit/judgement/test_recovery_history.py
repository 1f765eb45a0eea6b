"""What is of a recovery: from the fault until the same instance is hit again."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from story import FAULT, OTHER_WEB, SET, WEB, Story, main_unit, recovery, request

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent, EntryWithdrawn
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealing,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.core.events.fleet import MachineGone
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_STOP,
)

KILL, STOP, LOSS = recovery(CONTAINER_KILL), recovery(SERVICE_STOP), recovery(MACHINE_LOSS)
SIDEKICK = SET.sidekick_of(WEB)
assert SIDEKICK is not None


def test_what_came_after_the_next_fault_is_not_of_this_recovery() -> None:
    story = Story()
    story.container(1, ContainerDied)
    story.container(2, ContainerStarted)
    story.at(3, FaultInjecting(WEB.container, "container kill", "core-1"))
    story.container(4, ContainerDied)
    story.container(5, ContainerStarted)
    found = story.after(KILL)
    assert (found["noticed"], found["running"]) == (1, 2)


def test_what_an_undoing_gave_back_is_not_of_the_fault() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn)
    story.at(5, FaultHealing(WEB.name, "service stop", "core-1"))
    story.entry(6, EntryAnnounced)
    assert story.after(STOP)["withdrawn"] == 1


def test_of_one_instant_what_was_recorded_first_came_first() -> None:
    story = Story()
    story.entry(5, EntryWithdrawn)
    story.at(5, FaultHealing(WEB.name, "service stop", "core-1"))
    story.entry(5, EntryAnnounced)
    assert story.after(STOP)["withdrawn"] == 5


@pytest.mark.parametrize(
    "hit",
    [
        FaultInjecting(WEB.name, "service stop", "core-1"),
        FaultInjecting(WEB.container, "container pause", "core-1"),
        FaultInjecting(SIDEKICK.name, "service stop", "core-1"),
        # a unit is the cluster's, wherever it was when it was hit
        FaultInjecting(WEB.name, "service stop", "core-9"),
        FaultInjecting("core-1", "machine loss", "core-1"),
        FaultInjecting("core-2, core-1", "partition", "core-2"),
        FaultHealing(WEB.name, "service stop", "core-1"),
        FaultUndoneByGuard(WEB.container, "container pause", "core-1"),
    ],
    ids=lambda hit: f"{hit.fault} of {hit.target}",
)
def test_a_fault_of_the_same_instance_ends_it(hit: FaultEvent) -> None:
    story = Story()
    story.at(3, hit)
    assert story.history(KILL).until == FAULT + 3


@pytest.mark.parametrize(
    "elsewhere",
    [
        FaultInjecting("a fault of your own", "flood", "core-1"),
        FaultInjecting("net", "delay", ""),
        FaultInjecting(OTHER_WEB.name, "service stop", "core-2"),
        FaultInjecting(main_unit("cache").container, "container kill", "core-1"),
        FaultInjecting("core-2", "machine loss", "core-2"),
        # Docker's names are those of one machine: this is another container
        FaultInjecting(WEB.container, "container kill", "core-3"),
        FaultHealing("core-2", "machine loss", "core-2"),
    ],
    ids=lambda hit: f"{hit.fault} of {hit.target}",
)
def test_a_fault_elsewhere_does_not_end_it(elsewhere: FaultEvent) -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.at(0.5, elsewhere)
    story.container(1.2, ContainerStarted)
    assert story.history(KILL).until == math.inf
    assert story.after(KILL)["running"] == 1.2


def test_the_fault_itself_is_not_the_next_one_and_another_of_the_same_instant_is() -> None:
    story = Story()
    begun = story.at(0, FaultInjecting(WEB.container, "container kill", "core-1"))
    kill = replace(KILL, number=begun.number)
    assert story.history(kill).end is None
    second = story.at(0, FaultInjecting(WEB.name, "service stop", "core-1"))
    assert story.history(kill).end is second


def test_a_container_of_the_same_name_where_it_was_started_is_the_same_instance() -> None:
    story = Story()
    story.container(9, ContainerStarted, "core-2")
    story.at(12, FaultInjecting(WEB.container, "container kill", "core-2"))
    assert story.history(LOSS).until == FAULT + 12


def test_a_container_that_was_to_start_where_its_unit_went_is_the_same_instance_too() -> None:
    story = Story()
    story.at(9, UnitScheduled(WEB.name, "core-2"))
    story.at(10, FaultInjecting(WEB.container, "container kill", "core-3"))
    story.at(12, FaultInjecting(WEB.container, "container kill", "core-2"))
    assert story.history(LOSS).until == FAULT + 12


def test_a_fault_of_a_container_that_names_no_machine_may_be_of_this_one() -> None:
    story = Story()
    story.at(3, FaultInjecting(WEB.container, "container kill", ""))
    assert story.history(KILL).until == FAULT + 3


def test_where_it_goes_later_is_not_where_it_was_hit() -> None:
    story = Story()
    story.container(10, ContainerStarted, "core-2")
    story.at(15, FaultInjecting("core-2", "machine loss", "core-2"))
    story.container(20, ContainerStarted, "core-3")
    assert story.history(LOSS).until == FAULT + 15


def test_the_next_fault_is_not_of_this_recovery() -> None:
    story = Story()
    story.at(3, FaultInjecting(WEB.name, "service stop", "core-1"))
    assert story.history(KILL).events(FaultInjecting) == []


def test_the_return_of_the_lost_machine_ends_nothing_once_the_unit_is_elsewhere() -> None:
    back = FaultHealing("core-1", "machine loss", "core-1")
    story = Story()
    story.at(15, back)
    assert story.history(LOSS).until == FAULT + 15
    story = Story()
    story.container(10, ContainerStarted, "core-2")
    story.at(15, back)
    assert story.history(LOSS).until == math.inf


def test_the_loss_of_the_machine_that_it_moved_to_ends_it() -> None:
    story = Story()
    story.container(10, ContainerStarted, "core-2")
    story.at(15, FaultInjecting("core-2", "machine loss", "core-2"))
    assert story.history(LOSS).until == FAULT + 15


def test_a_machine_s_own_recovery_ends_with_a_fault_of_that_machine() -> None:
    back = recovery(MACHINE_RETURN)
    story = Story()
    story.at(2, FaultInjecting(WEB.container, "container kill", "core-1"))
    story.at(3, FaultInjecting("core-2", "machine loss", "core-2"))
    assert story.history(back).until == math.inf
    story.at(4, FaultInjecting("core-1", "machine loss", "core-1"))
    assert story.history(back).until == FAULT + 4


def test_what_came_after_the_scenario_is_not_of_it() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(5, ContainerStarted)
    assert story.after(KILL, end=4)["running"] is None
    assert story.after(KILL, end=5)["running"] == 5
    assert story.history(KILL, end=4).until == FAULT + 4
    # nor when it is hit again later
    story.at(9, FaultInjecting(WEB.container, "container kill", "core-1"))
    assert story.after(KILL, end=4)["running"] is None
    assert story.after(KILL, end=5)["running"] == 5


def test_events_before_the_fault_are_known_too() -> None:
    story = Story()
    story.at(1, MachineGone("core-1", "10.0.0.1", "id1"))
    history = story.history(recovery(CONTAINER_KILL))
    assert history.events(EntryEvent) == []
    assert len(history.all_events(EntryEvent)) == 1
    assert len(history.events(MachineGone, "core-1")) == 1
    assert history.events(MachineGone, "core-2") == []
    story.at(-FAULT, MachineGone("core-3", "10.0.0.3", "id3"))
    assert len(history.all_events(MachineGone)) == 2


def test_entries_are_those_of_the_unit() -> None:
    story = Story()
    story.entry(1, EntryAnnounced, unit=OTHER_WEB)
    story.entry(1, EntryAnnounced, unit=main_unit("cache"))
    story.entry(2, EntryWithdrawn)
    assert [event.monotonic - FAULT for event in story.history(KILL).entries(WEB)] == [-50, 2]


def test_requests_that_ended_later_are_not_of_it() -> None:
    requests = [request(0.5), request(1, took=2.0), request(2.95), request(3.5)]
    assert Story().history(KILL, requests).records == requests
    story = Story()
    story.at(3, FaultInjecting(WEB.name, "service stop", "core-1"))
    assert story.history(KILL, requests).records == requests[:1]
