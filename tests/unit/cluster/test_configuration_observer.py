"""The application's configuration follows discovery, in every container that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import CRM, SET, machine_of, shell, unit

from pytest_cna.cluster.clocks import Clocks
from pytest_cna.cluster.configuration_observer import ConfigurationObserver, Copy
from pytest_cna.core import clock
from pytest_cna.core.events.configuration import (
    ConfigurationDiffers,
    ConfigurationDropped,
    ConfigurationEvent,
    ConfigurationNamed,
    ConfigurationUnread,
)
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.model import CommandResult
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing import FakeWorld

WEBS = SET.main_units(SET.service("web server"))
CACHE, OTHER_CACHE = SET.main_units(SET.service("cache"))
DATABASE = unit("database")


def seen(running: RunningDeployment, of: str = CACHE.name) -> list[type[ConfigurationEvent]]:
    return [type(event) for event in running.timeline.events(ConfigurationEvent, of)]


def stop(running: RunningDeployment, world: FakeWorld, seconds: float = 3.0) -> float:
    """Watch, stop the cache, let time pass; the moment of the stop (monotonic seconds)."""
    running.configuration.watch(clock.monotonic() + 600.0)
    world.clock.advance(0.5)
    at = clock.monotonic()
    running.cluster.fleet.stop(CACHE.name)
    world.clock.advance(seconds)
    return at


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("tcp://10.0.0.1:11211", True),
        ("host = '10.0.0.1', port = 11211", True),
        ("tcp://10.0.0.1:112110", False),
        ("tcp://10.0.0.11:11211", False),
        ("tcp://10a0b0c1:11211", False),
        ("10.0.0.1" + " " * 40 + "11211", False),
        ("", False),
    ],
)
def test_whether_an_endpoint_stands_there(text: str, there: bool) -> None:
    assert Copy("web.1", text, 0.0).names("10.0.0.1", 11211) is there


def test_nothing_is_read_while_nobody_watches(running: RunningDeployment, world: FakeWorld) -> None:
    """Each look runs a command in each container."""

    def reads() -> int:
        return sum("stat -c" in line for each in WEBS for line in _ran(running, each))

    world.clock.advance(5.0)
    assert (reads(), seen(running)) == (0, [])
    running.configuration.watch(clock.monotonic() + 2.0)
    world.clock.advance(5.0)
    read = reads()
    assert 2 * 8 <= read <= 2 * 10  # each quarter of a second, in two containers
    running.configuration.watch(clock.monotonic() - 1.0)
    world.clock.advance(5.0)
    assert reads() == read


def _ran(running: RunningDeployment, each: DeployedUnit) -> list[str]:
    return shell(machine_of(running, each)).ran


def test_what_every_copy_names_is_recorded_once(
    running: RunningDeployment, world: FakeWorld
) -> None:
    running.configuration.watch(clock.monotonic() + 10.0)
    world.clock.advance(3.0)
    for each in (CACHE, OTHER_CACHE, DATABASE):
        (event,) = running.timeline.events(ConfigurationEvent, each.name)
        assert isinstance(event, ConfigurationNamed)
        assert event.endpoint == f"{machine_of(running, each).address}:{each.instance}"
    # what is routed, or is the balancer itself, the application does not find there
    assert {e.unit for e in running.timeline.events(ConfigurationEvent)} == {
        each.name for each in (CACHE, OTHER_CACHE, DATABASE)
    }


def test_a_stopped_cache_is_dropped_when_the_last_copy_was_written(
    running: RunningDeployment, world: FakeWorld
) -> None:
    world.delays.render = 0.4
    at = stop(running, world)
    assert seen(running) == [ConfigurationNamed, ConfigurationDropped]
    assert seen(running, OTHER_CACHE.name) == [ConfigurationNamed]
    (withdrawn,) = running.timeline.events(EntryWithdrawn, since=at)
    (dropped,) = running.timeline.events(ConfigurationDropped)
    assert dropped.monotonic - withdrawn.monotonic == pytest.approx(0.4, abs=0.02)


def test_a_configuration_that_is_written_again_was_dropped_at_the_first_time(
    running: RunningDeployment, world: FakeWorld
) -> None:
    """confd writes the file for another cache, twenty seconds later."""
    stop(running, world)
    (before,) = running.timeline.events(ConfigurationDropped, CACHE.name)
    world.clock.advance(20.0)
    running.cluster.fleet.stop(OTHER_CACHE.name)
    world.clock.advance(3.0)
    assert seen(running) == [ConfigurationNamed, ConfigurationDropped]
    (later,) = running.timeline.events(ConfigurationDropped, OTHER_CACHE.name)
    assert later.monotonic - before.monotonic > 20.0


def test_a_change_that_is_seen_later_is_not_older_than_the_look_before(
    running: RunningDeployment, world: FakeWorld
) -> None:
    """Its file may have the time of another writing, as by a clock that is behind."""
    running.configuration.watch(clock.monotonic() + 600.0)
    world.clock.advance(1.0)
    looked = clock.monotonic()
    for each in WEBS:
        shell(machine_of(running, each)).answer("stat -c", f"{world.clock.wall() - 500:.9f}\n\n")
    world.clock.advance(1.0)
    (event,) = running.timeline.events(ConfigurationDropped, CACHE.name)
    assert looked - 0.5 <= event.monotonic <= clock.monotonic()


def test_a_look_that_takes_long_does_not_change_when_it_was_dropped(
    running: RunningDeployment, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.configuration.watch(clock.monotonic() + 1.0)
    world.clock.advance(2.0)
    running.cluster.fleet.stop(CACHE.name)
    world.clock.advance(3.0)
    read = running.configuration._copies

    def slowly() -> Iterator[Copy]:
        copies = list(read())
        world.clock.advance(8.0)
        yield from copies

    monkeypatch.setattr(running.configuration, "_copies", slowly)
    ConfigurationObserver.look(running.configuration)
    (withdrawn,) = running.timeline.events(EntryWithdrawn)
    (dropped,) = running.timeline.events(ConfigurationDropped)
    assert dropped.monotonic - withdrawn.monotonic == pytest.approx(world.delays.render, abs=0.02)


def test_changes_are_in_the_order_in_which_they_were_seen(
    running: RunningDeployment, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two copies that are written within a microsecond, of which one is read too early."""
    named = f"{machine_of(running, CACHE).address}:{CACHE.instance}"
    texts = iter([(named, ""), (named, named)])

    def read() -> Iterator[Copy]:
        first, second = next(texts)
        world.clock.advance(0.1)
        yield Copy("web.1", first, written)
        yield Copy("web.2", second, written - 1e-6)

    monkeypatch.setattr(running.configuration, "_copies", read)
    written = world.clock.wall() + 0.1
    ConfigurationObserver.look(running.configuration)
    written -= 1e-6
    ConfigurationObserver.look(running.configuration)
    assert seen(running) == [ConfigurationDiffers, ConfigurationNamed]


def test_a_cache_that_is_started_again_is_named_again(
    running: RunningDeployment, world: FakeWorld
) -> None:
    stop(running, world)
    running.cluster.fleet.start(CACHE.name)
    world.clock.advance(5.0)
    assert seen(running)[-2:] == [ConfigurationDropped, ConfigurationNamed]


def test_one_that_still_names_a_stopped_cache(running: RunningDeployment, world: FakeWorld) -> None:
    world.never("rendered", WEBS[0].name)
    stop(running, world)
    assert seen(running) == [ConfigurationNamed, ConfigurationDiffers]


def test_a_container_that_cannot_be_asked_says_nothing(
    running: RunningDeployment, world: FakeWorld
) -> None:
    refused = CommandResult("docker exec", 1, "", "stat: cannot stat")
    shell(machine_of(running, WEBS[1])).answer("stat -c", refused)
    world.never("rendered", WEBS[1].name)
    stop(running, world)
    assert seen(running) == [ConfigurationNamed, ConfigurationDropped]
    for each in WEBS:
        shell(machine_of(running, each)).answer("stat -c", refused)
    running.cluster.fleet.start(CACHE.name)
    world.clock.advance(5.0)
    # whether it is named again cannot be read
    assert seen(running) == [ConfigurationNamed, ConfigurationDropped, ConfigurationUnread]


def test_a_web_server_that_is_away_does_not_end_the_look(
    running: RunningDeployment, world: FakeWorld
) -> None:
    running.cluster.provider.kill(machine_of(running, WEBS[1]))
    stop(running, world)
    assert seen(running)[0] is ConfigurationNamed


def test_a_clock_that_is_ahead_is_taken_into_account(
    running: RunningDeployment, world: FakeWorld
) -> None:
    for each in WEBS:
        machine = machine_of(running, each)
        world.machines[machine.name].drift = 100.0
        running.clocks.compare(machine)
    begun = clock.monotonic()
    running.configuration.watch(begun + 5.0)
    world.clock.advance(1.0)
    (named,) = running.timeline.events(ConfigurationNamed, CACHE.name)
    assert begun - 10.0 < named.monotonic < begun


def test_an_endpoint_that_never_was_announced_is_not_looked_for(
    running: RunningDeployment,
) -> None:
    """Of a timeline that begins later nothing is said."""
    timeline = Timeline()
    observer = ConfigurationObserver(
        timeline, running.cluster.machines, SET, running.clocks, CRM.configuration
    )
    assert observer.sees
    observer.watch(clock.monotonic() + 5.0)
    observer.look()
    assert timeline.events(ConfigurationEvent) == []
    assert timeline.events(EntryAnnounced) == []


def test_without_a_configuration_there_is_nothing_to_see(running: RunningDeployment) -> None:
    observer = ConfigurationObserver(
        running.timeline, running.cluster.machines, SET, running.clocks, ""
    )
    assert not observer.sees
    observer.watch(clock.monotonic() + 5.0)
    observer.look()
    assert running.timeline.events(ConfigurationEvent) == []


def test_it_looks_in_a_thread_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = Timeline()
    observer = ConfigurationObserver(timeline, [], SET, Clocks(timeline), "x", 0.001)
    looks: list[float] = []
    monkeypatch.setattr(observer, "look", lambda: looks.append(clock.monotonic()))
    observer.watch(clock.monotonic() + 60.0)
    observer.start()
    try:
        wait_for(lambda: len(looks) > 2, waiting_for="three looks", timeout=10.0, interval=0.01)
    finally:
        observer.stop()
    observer.alive()
