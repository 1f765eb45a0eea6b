"""When the stages of an instance that goes, or comes back as it was, were reached."""

from __future__ import annotations

import pytest
from story import OTHER_WEB, Story, lost, main_unit, recovery, request

from pytest_cna.core.events.configuration import (
    ConfigurationDiffers,
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
    ConfigurationUnread,
)
from pytest_cna.core.events.container import (
    ContainerCreated,
    ContainerDestroyed,
    ContainerDied,
    ContainerStarted,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.machine import MachineLost
from pytest_cna.core.events.routing import ServerAdded, ServerRemoved, ServerStatusChanged
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.fault_kinds import (
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.stages import (
    ENDED,
    NOTICED,
    UNROUTED,
    WITHDRAWN,
)
from pytest_cna.core.timeline import Timeline
from pytest_cna.judgement.history import History
from pytest_cna.judgement.reached import stage_times

ME, OTHER = "zurmo_apache@8001 core-1", "zurmo_apache@8002 core-2"
STOP = recovery(SERVICE_STOP)


# an instance that goes


def test_a_stop_and_what_follows_it() -> None:
    story = Story()
    found: dict[str, float | None] = dict.fromkeys(["noticed", "ended", "withdrawn", "unrouted"])
    assert story.after(STOP) == found
    story.state(1, "deactivating")
    assert story.after(STOP) == found | {"noticed": 1}
    story.entry(1.1, EntryWithdrawn)
    assert story.after(STOP) == found | {"noticed": 1, "withdrawn": 1.1}
    story.server(1.3, ServerRemoved)
    assert story.after(STOP) == found | {"noticed": 1, "withdrawn": 1.1, "unrouted": 1.3}
    story.container(1.8, ContainerDied)
    assert story.after(STOP)["ended"] == 1.8


def test_what_was_never_started_there_has_ended() -> None:
    story = Story()
    story.container(-9, ContainerStarted, unit=OTHER_WEB)
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] == 0


def test_what_was_started_before_anything_was_observed_has_not_ended() -> None:
    story = Story()
    cache = main_unit("cache")
    story.at(-40, UnitStateChanged(cache.name, "core-1", "loaded", "active", ""))
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] is None
    story.container(1, ContainerDied, unit=cache)
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] == 1


@pytest.mark.parametrize(("machine", "active"), [("core-1", "inactive"), ("core-2", "active")])
def test_a_unit_that_is_not_active_there_has_no_container_there(machine: str, active: str) -> None:
    story = Story()
    story.at(-40, UnitStateChanged(main_unit("cache").name, machine, "loaded", active, ""))
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] == 0


def test_a_container_may_start_again_with_its_machine() -> None:
    story = Story()
    story.at(1, MachineLost("core-1"))
    assert story.after(STOP)["ended"] == 1
    story.container(5, ContainerStarted)
    assert story.after(STOP)["ended"] is None


def test_what_came_there_while_observed_and_was_not_started_has_ended() -> None:
    """Its unit may be active all the same."""
    story, cache = Story(), main_unit("cache")
    for at, machine in ((-40, "core-2"), (-30, ""), (-20, "core-1")):
        story.at(at, UnitScheduled(cache.name, machine))
    story.at(-19, UnitStateChanged(cache.name, "core-1", "loaded", "active", ""))
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] == 0


def test_a_unit_that_came_there_while_observed_and_never_began_is_down() -> None:
    story, cache, stop = Story(), main_unit("cache"), recovery(SERVICE_STOP, "cache")
    story.at(-40, UnitScheduled(cache.name, "core-1"))
    assert story.after(stop)["noticed"] is None, "it may have begun unobserved"
    story = Story()
    for at, machine in ((-40, "core-2"), (-20, "core-1")):
        story.at(at, UnitScheduled(cache.name, machine))
    assert story.after(stop)["noticed"] == 0
    story.at(3, UnitStateChanged(cache.name, "core-1", "loaded", "active", ""))
    assert story.after(stop)["noticed"] is None


def test_what_was_there_first_may_have_been_started_unobserved() -> None:
    story, cache = Story(), main_unit("cache")
    for at, machine in ((-40, ""), (-30, "core-1"), (5, "core-2")):
        story.at(at, UnitScheduled(cache.name, machine))
    story.at(-30, UnitStateChanged(cache.name, "core-1", "loaded", "active", ""))
    assert story.after(recovery(SERVICE_STOP, "cache"))["ended"] is None


def test_a_container_that_outlives_its_unit_has_not_ended() -> None:
    story = Story()
    story.state(1, "inactive")
    story.container(1.2, ContainerDied, "core-2")
    assert story.after(STOP)["ended"] is None
    story.container(2, ContainerDied)
    story.container(3, ContainerStarted)  # by Docker's own restart
    times = story.times(STOP)
    assert (times.after(ENDED), lost(times, ENDED)) == (None, 3)


@pytest.mark.parametrize("state", ["deactivating", "inactive", "failed"])
def test_a_unit_that_ends_or_has_ended_is_noticed(state: str) -> None:
    story = Story()
    story.state(-10, "active")
    story.state(1, state)
    assert story.after(STOP)["noticed"] == 1


def test_a_unit_of_the_same_name_on_another_machine_has_not_ended_here() -> None:
    story = Story()
    story.state(1, "inactive", "core-2")
    assert story.after(STOP)["noticed"] is None
    story.state(2, "inactive")
    story.state(3, "active", "core-2")
    assert story.after(STOP)["noticed"] == 2


def test_no_unit_is_active_on_a_machine_that_has_lost_its_power() -> None:
    """Nothing on it is left to report that."""
    story = Story()
    story.state(-10, "active")
    story.at(0.5, MachineLost("core-2"))
    assert story.after(STOP)["noticed"] is None
    story.at(1, MachineLost("core-1"))
    assert story.after(STOP)["noticed"] == 1


def test_what_was_announced_long_before_the_fault_was_not_lost_by_it() -> None:
    assert lost(Story().times(STOP), WITHDRAWN) is None
    story = Story()
    story.entry(-5, EntryWithdrawn)
    story.entry(0, EntryAnnounced)
    assert lost(story.times(STOP), WITHDRAWN) is None


def test_a_withdrawal_may_be_seen_before_the_stop_is_noticed() -> None:
    """etcd reports at once, fleet is polled: neither time is changed by the other."""
    story = Story()
    story.entry(1.1, EntryWithdrawn)
    story.server(1.2, ServerRemoved)
    story.state(1.4, "deactivating")
    after = story.after(STOP)
    assert (after["noticed"], after["withdrawn"], after["unrouted"]) == (1.4, 1.1, 1.2)


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
    story.container(-7, ContainerDied)
    story.state(-6, "failed")
    story.entry(-5, EntryWithdrawn)
    story.server(-4, ServerRemoved)
    assert set(story.after(recovery(kind)).values()) == {0}


def test_what_was_never_announced_is_withdrawn() -> None:
    assert stage_times(History(STOP, Timeline())).after(WITHDRAWN) == 0


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


def test_a_started_service_that_runs_already_runs_from_the_start() -> None:
    assert Story().after(recovery(SERVICE_START))["running"] == 0


def test_a_kind_of_container_that_ends_nothing_waits_for_no_death() -> None:
    mine = FaultKind("revival", "container", SERVICE_START.stages, "{}", like=SERVICE_START)
    story = Story()
    story.container(-4, ContainerDied)
    story.container(0.5, ContainerStarted)
    assert story.after(recovery(mine))["running"] == 0.5


def test_a_started_service_may_run_on_any_machine() -> None:
    story, start = Story(), recovery(SERVICE_START)
    story.container(-4, ContainerDied)
    story.container(0.5, ContainerStarted, "core-2")
    assert story.after(start)["running"] == 0.5


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
    story.at(3.5, ConfigurationUnread(*where))  # no container could be asked
    assert story.after(recovery(kind, "cache"))[stage] == 3
    story.at(4, ConfigurationDiffers(*where))
    assert story.after(recovery(kind, "cache"))[stage] is None


def test_the_configuration_of_another_cache_is_not_its_own() -> None:
    story = Story()
    story.at(3, ConfigurationDropped(main_unit("cache", 1).name, "10.0.0.2:11212"))
    assert story.after(recovery(SERVICE_STOP, "cache"))["dropped"] is None
