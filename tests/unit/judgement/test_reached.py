"""When each stage was reached, read from timelines that were written by hand."""

from __future__ import annotations

import pytest
from story import FAULT, OTHER_WEB, WEB, Story, main_unit, recovery, request

from pytest_cna.core.events.configuration import (
    ConfigurationDiffers,
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
)
from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.routing import ServerAdded, ServerRemoved, ServerStatusChanged
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    STAGES,
    UNROUTED,
    WITHDRAWN,
    Stage,
)
from pytest_cna.judgement.reached import REACHED, StageTimes

ME, OTHER = "zurmo_apache@8001 core-1", "zurmo_apache@8002 core-2"
KILL, STOP, LOSS = recovery(CONTAINER_KILL), recovery(SERVICE_STOP), recovery(MACHINE_LOSS)


def killed(running: float = 1.2) -> Story:
    """Its container has died and runs again; its entry and its server had gone."""
    story = Story()
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    story.server(0.4, ServerRemoved)
    story.container(running, ContainerStarted)
    return story


def lost(where: StageTimes, stage: Stage) -> float | None:
    """Seconds after the fault."""
    at = where.of(stage).lost
    return None if at is None else at - FAULT


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


def test_a_container_that_died_again_does_not_run() -> None:
    story = killed(running=1.0)
    story.container(1.3, ContainerDied)
    times = story.times(KILL)
    assert times.after(RUNNING) is None
    assert lost(times, RUNNING) == pytest.approx(1.3)


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
    assert times.after(ROUTED) is None


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


# customers


def test_an_answer_of_another_instance_is_not_serving() -> None:
    records = [request(2, OTHER), request(2, "zurmo_apache@8001 core-3")]
    assert killed().after(KILL, records)["serving"] is None


def test_a_good_answer_before_a_failed_one_is_not_serving() -> None:
    """Customers have to go on getting good answers."""
    records = [request(1.3, ME), request(2.0, ME, "HTTP 503"), request(2.5, ME)]
    times = killed().times(KILL, records)
    assert times.after(SERVING) == pytest.approx(2.6)
    assert lost(times, SERVING) == pytest.approx(2.0)
    assert killed().after(KILL, records[:2])["serving"] is None


def test_one_that_never_served_has_not_ceased_to() -> None:
    times = killed().times(KILL, [request(0.4, ME, "HTTP 503"), request(2.0, ME, "HTTP 503")])
    assert times.after(SERVING) is None
    assert lost(times, SERVING) is None


def test_what_another_instance_failed_is_not_its_own_failure() -> None:
    records = [request(1.3, ME), request(2.0, OTHER, "HTTP 503")]
    assert killed().after(KILL, records)["serving"] == pytest.approx(1.4)


def test_a_request_that_nothing_answered_may_have_been_for_it() -> None:
    records = [request(1.3, ME), request(2.0, error="ConnectionRefused"), request(3.0, ME)]
    assert killed().after(KILL, records)["serving"] == pytest.approx(3.1)


def test_a_database_serves_again_when_no_request_fails_any_more() -> None:
    kill = recovery(CONTAINER_KILL, "database")
    story = Story()
    story.container(0.2, ContainerDied, unit=main_unit("database"))
    story.container(1.0, ContainerStarted, unit=main_unit("database"))
    records = [request(0.5, error="HTTP 503"), request(1.2, ME), request(2.0, ME, "HTTP 500")]
    assert story.after(kill, records)["serving"] is None
    assert story.after(kill, [*records, request(2.5, ME)])["serving"] == pytest.approx(2.6)


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
    assert story.after(LOSS)["noticed"] == 8


# a machine that returns


def test_a_machine_that_joins_again() -> None:
    story, back = Story(), recovery(MACHINE_RETURN)
    assert story.after(back) == {"joined": None}
    story.at(-60, MachineJoined("core-1", "10.0.0.1", "id1"))
    story.at(-12, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(2, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": 2}


def test_a_registration_of_before_is_no_return() -> None:
    """fleet takes a machine that is back only when the registration before the loss is gone."""
    story, back = Story(), recovery(MACHINE_RETURN)
    story.at(-60, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(3, MachineGone("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": None}
    story.at(5, MachineJoined("core-1", "10.0.0.1", "id1"))
    assert story.after(back) == {"joined": 5}


# an instance that goes


def test_a_stop_and_what_follows_it() -> None:
    story = Story()
    story.state(1, "deactivating")
    assert story.after(STOP) == {"noticed": 1, "withdrawn": None, "unrouted": None}
    story.entry(1.1, EntryWithdrawn)
    assert story.after(STOP) == {"noticed": 1, "withdrawn": 1.1, "unrouted": None}
    story.server(1.3, ServerRemoved)
    assert story.after(STOP) == {"noticed": 1, "withdrawn": 1.1, "unrouted": 1.3}


def test_a_withdrawal_may_be_seen_before_the_stop_is_noticed() -> None:
    """etcd reports at once, fleet is polled: neither time is changed by the other."""
    story = Story()
    story.entry(1.1, EntryWithdrawn)
    story.server(1.2, ServerRemoved)
    story.state(1.4, "deactivating")
    assert story.after(STOP) == {"noticed": 1.4, "withdrawn": 1.1, "unrouted": 1.2}


def test_a_unit_that_runs_again_is_not_stopped() -> None:
    story = Story()
    story.state(1, "deactivating")
    story.state(2, "active")
    times = story.times(STOP)
    assert times.after(NOTICED) is None
    assert lost(times, NOTICED) == pytest.approx(2)


@pytest.mark.parametrize("kind", [SERVICE_STOP, CONTAINER_PAUSE], ids=str)
def test_what_was_gone_before_the_fault_is_gone(kind: FaultKind) -> None:
    story = Story()
    story.state(-6, "failed")
    story.entry(-5, EntryWithdrawn)
    story.server(-4, ServerRemoved)
    assert set(story.after(recovery(kind)).values()) == {0}


def test_an_entry_that_flapped_before_the_fault_counts_by_its_last_end() -> None:
    story = Story()
    story.entry(-5, EntryWithdrawn)
    story.entry(-1, EntryAnnounced)
    story.entry(2, EntryWithdrawn)
    assert story.after(STOP)["withdrawn"] == 2


def test_an_entry_that_comes_back_was_not_withdrawn() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn)
    story.server(1.2, ServerRemoved)
    story.entry(3, EntryAnnounced)
    times = story.times(STOP)
    # HAProxy has not taken it back yet: out of routing is a state of its own
    assert times.after(WITHDRAWN) is None
    assert times.after(UNROUTED) == pytest.approx(1.2)
    assert lost(times, WITHDRAWN) == pytest.approx(3)


def test_one_entry_of_two_is_one_too_many() -> None:
    story = Story()
    story.entry(-20, EntryAnnounced, uuid="second")
    story.entry(1, EntryWithdrawn)
    assert story.after(STOP)["withdrawn"] is None


def test_another_instance_is_not_mistaken_for_this_one() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn, unit=OTHER_WEB)
    assert story.after(STOP)["withdrawn"] is None


def test_a_server_that_is_down_is_out_of_routing() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn)
    story.server(1.5, ServerStatusChanged, status="DOWN")
    assert story.after(STOP)["unrouted"] == 1.5


def test_what_was_stopped_and_never_announced_has_nothing_to_withdraw() -> None:
    assert [stage.name for stage in recovery(SERVICE_STOP, "configuration").bounds] == ["noticed"]


# an instance that comes back without a new container


def test_a_resumed_container_is_back_with_its_entry_its_server_and_an_answer() -> None:
    story, back = Story(), recovery(CONTAINER_RESUME)
    story.entry(-3, EntryWithdrawn)
    story.server(-2.5, ServerRemoved)
    assert set(story.after(back).values()) == {None}
    story.entry(0.5, EntryAnnounced)
    story.server(1.0, ServerAdded)
    found = story.after(back, [request(0.2, OTHER), request(1.2, ME)])
    assert found == {"announced": 0.5, "routed": 1.0, "serving": 1.3}


def test_what_was_never_gone_is_announced_and_routed_from_the_start() -> None:
    """A pause that was too short for the sidekick to notice it."""
    found = Story().after(recovery(CONTAINER_RESUME))
    assert (found["announced"], found["routed"]) == (0, 0)


def test_a_started_service_may_run_before_its_undoing_is_done() -> None:
    story, start = Story(), recovery(SERVICE_START)
    story.container(-4, ContainerDied)
    story.entry(-4, EntryWithdrawn)
    assert story.after(start)["running"] is None
    story.container(0.5, ContainerStarted)
    story.entry(1.0, EntryAnnounced)
    found = story.after(start)
    assert (found["running"], found["announced"]) == (0.5, 1.0)


def test_a_data_container_is_up_while_it_exists() -> None:
    code, start = main_unit("application"), recovery(SERVICE_START, "application")
    assert [stage.name for stage in start.bounds] == ["running"]
    story = Story()
    story.container(1, ContainerCreated, unit=code)
    assert story.after(start) == {"running": 1}
    story.container(2, ContainerDestroyed, unit=code)
    assert story.after(start) == {"running": None}


# the application's configuration


@pytest.mark.parametrize(
    ("kind", "stage", "reached"),
    [
        (SERVICE_STOP, "dropped", ConfigurationDropped),
        (SERVICE_START, "named", ConfigurationNamed),
    ],
)
def test_the_configuration_follows_a_cache(
    kind: FaultKind, stage: str, reached: type[ConfigurationEvent]
) -> None:
    where = (main_unit("cache").name, "10.0.0.1:11211")
    before = ConfigurationNamed if reached is ConfigurationDropped else ConfigurationDropped
    story = Story()
    story.at(-30, before(*where))
    assert story.after(recovery(kind, "cache"))[stage] is None
    story.at(2, ConfigurationDiffers(*where))
    assert story.after(recovery(kind, "cache"))[stage] is None
    story.at(3, reached(*where))
    assert story.after(recovery(kind, "cache"))[stage] == 3
    story.at(4, ConfigurationDiffers(*where))
    assert story.after(recovery(kind, "cache"))[stage] is None


def test_the_configuration_of_another_cache_is_not_its_own() -> None:
    story = Story()
    story.at(3, ConfigurationDropped(main_unit("cache", 1).name, "10.0.0.2:11212"))
    assert story.after(recovery(SERVICE_STOP, "cache"))["dropped"] is None


# whom it is about


def test_home_is_where_it_was_started_last() -> None:
    assert Story().times(KILL).home == "core-1"
    assert moved().times(LOSS).home == "core-2"
    # a lost machine that returns and starts its old containers is not where the unit is
    story = moved()
    story.container(15, ContainerStarted, "core-1")
    assert story.times(LOSS).home == "core-2"


def test_a_machine_without_a_unit_has_only_stages_of_its_own() -> None:
    back = recovery(MACHINE_RETURN)
    assert back.unit is None
    times = Story().times(back)
    assert times.home == "core-1"
    for stage in (ANNOUNCED, ROUTED, SERVING, WITHDRAWN, UNROUTED):
        assert times.after(stage) is None
