"""What the faults of a scenario hit, directly or by dependence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deployments import write
from story import FAULT, OTHER_WEB, SET, WEB, Story, main_unit

from pytest_cna.core.events.container import ContainerCreated, ContainerStarted
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealing,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.hits import hits, kept_away

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.judgement.hits import Hits

SIDEKICK = "zurmo_apache_discovery@8001.service"
CACHE = main_unit("cache")


def hit(story: Story) -> Hits:
    """Since just before the fault."""
    return hits(SET, story.timeline, FAULT - 1)


def test_without_a_fault_nothing_is_hit() -> None:
    assert hit(Story()).nothing


@pytest.mark.parametrize("target", [WEB.name, WEB.container])
def test_a_unit_is_hit_with_the_sidekick_that_ends_with_it(target: str) -> None:
    story = Story()
    story.at(0, FaultInjecting(target, "container kill", "core-1"))
    found = hit(story)
    assert found.units == {WEB.name, SIDEKICK}
    assert found.machines == frozenset()
    assert not found.nothing


@pytest.mark.parametrize("option", ["BindsTo", "Requires", "Requisite", "PartOf"])
def test_what_systemd_ends_with_a_unit_is_hit_with_it(tmp_path: Path, option: str) -> None:
    toml = "".join(
        f'[[service]]\nname = "{name}"\ntemplate = "{name}.service"\nannounced = false\n'
        for name in ("one", "two", "three", "apart")
    )
    path = write(
        tmp_path,
        'name = "small"\n' + toml,
        {
            "one.service": "",
            "two.service": f"[Unit]\n{option}=nothing.service one.service\n",
            "three.service": f"[Unit]\n{option}=two.service\n",
            "apart.service": "[Unit]\nAfter=one.service\n",
        },
    )
    story = Story(())
    story.at(0, FaultInjecting("one.service", "service stop", "core-2"))
    found = hits(read_deployment(path), story.timeline, FAULT - 1)
    assert found.units == {"one.service", "two.service", "three.service"}


def test_a_sidekick_is_hit_with_the_unit_that_it_announces() -> None:
    story = Story()
    story.at(0, FaultInjecting(SIDEKICK, "service stop", "core-1"))
    assert hit(story).units == {WEB.name, SIDEKICK}


def test_a_machine_is_hit_with_what_runs_on_it() -> None:
    story = Story()
    story.container(-40, ContainerStarted, "core-2", CACHE)
    story.container(-40, ContainerStarted, "core-2", OTHER_WEB)
    story.at(0, FaultInjecting("core-1", "machine loss", "core-1"))
    found = hit(story)
    assert found.machines == {"core-1"}
    assert found.units == {WEB.name, SIDEKICK}


def test_a_unit_is_where_it_was_started_last() -> None:
    """What once ran on a machine is not hit with it."""
    story = Story()
    story.container(-40, ContainerStarted, "core-2")
    story.at(0, FaultInjecting("core-1", "machine loss", "core-1"))
    assert hit(story).units == frozenset()


@pytest.mark.parametrize(
    ("at", "lost"), [(-1, "core-2"), (0, "core-2"), (5, "core-1"), (5, "core-2")]
)
def test_what_was_on_a_machine_at_any_time_since_is_hit_with_it(at: float, lost: str) -> None:
    story = Story()
    story.at(0, FaultInjecting(lost, "machine loss", lost))
    story.container(at, ContainerStarted, "core-2")
    assert WEB.name in hit(story).units


def test_what_leaves_a_machine_just_as_it_is_lost_is_hit_with_it() -> None:
    story = Story()
    story.container(-40, ContainerStarted, "core-3", CACHE)
    story.at(0, FaultInjecting("core-3", "machine loss", "core-3"))
    story.container(0, ContainerStarted, "core-2", CACHE)
    assert CACHE.name in hit(story).units


def test_what_comes_to_a_machine_later_is_hit_with_it_too() -> None:
    story = Story()
    story.at(0, FaultInjecting("core-2", "machine loss", "core-2"))
    story.container(5, ContainerStarted, "core-2")
    assert WEB.name in hit(story).units


@pytest.mark.parametrize("at", [5, 9])
def test_what_comes_to_a_machine_that_is_back_is_not_hit(at: float) -> None:
    story = Story()
    story.container(-40, ContainerStarted, "core-3", CACHE)
    story.at(0, FaultInjecting("core-2", "machine loss", "core-2"))
    story.at(5, FaultHealing("core-2", "machine loss", "core-2"))
    story.container(at, ContainerStarted, "core-2", CACHE)
    assert CACHE.name not in hit(story).units


def test_a_machine_is_not_back_when_another_fault_is_undone_or_one_before() -> None:
    story = Story()
    story.container(-40, ContainerStarted, "core-3", CACHE)
    story.at(-0.8, FaultInjecting("core-2", "machine loss", "core-2"))
    story.at(-0.5, FaultHealing("core-2", "machine loss", "core-2"))
    story.at(0, FaultInjecting("core-2", "machine loss", "core-2"))
    story.at(5, FaultHealing(WEB.name, "service stop", "core-1"))
    story.container(9, ContainerStarted, "core-2", CACHE)
    assert CACHE.name in hit(story).units


def test_a_data_container_is_where_it_was_created() -> None:
    story = Story()
    story.container(-40, ContainerCreated, "core-3", main_unit("application"))
    story.at(0, FaultInjecting("core-3", "machine loss", "core-3"))
    assert hit(story).units == {main_unit("application").name}


def test_undoing_a_fault_hits_too() -> None:
    story = Story()
    story.at(-5, FaultInjecting(CACHE.name, "service stop", "core-2"))
    assert hit(story).nothing
    story.at(2, FaultHealing(CACHE.name, "service stop", "core-2"))
    assert CACHE.name in hit(story).units


def test_a_fault_may_hit_several_machines() -> None:
    story = Story()
    story.container(-40, ContainerStarted, "core-2", CACHE)
    story.at(0, FaultInjecting("core-1, core-2", "partition", "core-1"))
    found = hit(story)
    assert found.machines == {"core-1", "core-2"}
    assert {WEB.name, CACHE.name} < found.units


def test_a_fault_of_something_with_a_name_hits_the_machine_where_it_is() -> None:
    story = Story()
    story.at(0, FaultInjecting("disk", "disk full", "core-1"))
    assert WEB.name in hit(story).units
    assert "core-1" in hit(story).machines


def test_a_fault_of_something_that_is_nowhere_hits_no_unit() -> None:
    story = Story()
    story.at(0, FaultInjecting("net", "delay", ""))
    assert hit(story).units == frozenset()
    assert hit(story).machines == {"net"}
    assert not hit(story).nothing


# what is kept away

STOPPED = FaultInjecting(CACHE.name, "service stop", "core-2")
STARTED = FaultHealing(CACHE.name, "service stop", "core-2")
PAUSED = FaultInjecting(CACHE.container, "container pause", "core-2")
RESUMED = FaultHealing(CACHE.container, "container pause", "core-2")
KILLED = FaultInjecting(CACHE.container, "container kill", "core-2")
LOST = FaultInjecting("core-2", "machine loss", "core-2")
LOST_ELSEWHERE = FaultInjecting("core-3", "machine loss", "core-3")
RETURNED = FaultHealing("core-2", "machine loss", "core-2")
UNDONE = FaultUndoneByGuard(CACHE.container, "container pause", "core-2")


@pytest.mark.parametrize(
    ("faults", "away"),
    [
        ([], False),
        ([STOPPED], True),
        ([STOPPED, STARTED], False),
        ([STOPPED, STARTED, STOPPED], True),
        ([PAUSED], True),
        ([PAUSED, RESUMED], False),
        ([PAUSED, UNDONE], False),
        ([KILLED], False),
        ([LOST], False),
        # what is killed is not paused when it runs again, nor is what runs on another machine
        ([PAUSED, KILLED], False),
        ([PAUSED, LOST], False),
        ([PAUSED, LOST, RESUMED], False),
        ([PAUSED, LOST_ELSEWHERE], True),
        # what is stopped stays so
        ([STOPPED, KILLED], True),
        # to let a container go on does not start a unit that was stopped meanwhile
        ([PAUSED, STOPPED, RESUMED], True),
        ([STOPPED, PAUSED, RESUMED], True),
        ([STOPPED, PAUSED, RESUMED, STARTED], False),
        # nor is what was stopped paused when it is started again
        ([STOPPED, PAUSED, STARTED], False),
        ([PAUSED, STOPPED, STARTED], False),
        ([STOPPED, LOST, RETURNED], True),
    ],
    ids=lambda value: str([event.fault for event in value]) if isinstance(value, list) else "",
)
def test_what_faults_keep_away(faults: list[FaultEvent], away: bool) -> None:
    story = Story()
    for number, event in enumerate(faults):
        story.at(number, event)
    assert kept_away(SET, story.timeline, FAULT - 1) == ({CACHE.name} if away else set())


def test_a_fault_before_the_scenario_keeps_nothing_away() -> None:
    story = Story()
    story.at(-5, STOPPED)
    assert kept_away(SET, story.timeline, FAULT - 1) == set()


def test_a_kind_of_one_s_own_says_whether_it_keeps_away() -> None:
    swoon = FaultKind("swoon", "container", (), "{}", gone=True)
    story = Story()
    story.at(0, FaultInjecting(CACHE.container, "swoon", "core-2"))
    assert kept_away(SET, story.timeline, FAULT - 1) == set()
    assert kept_away(SET, story.timeline, FAULT - 1, [swoon]) == {CACHE.name}
    story.at(1, FaultHealing(CACHE.container, "swoon", "core-2"))
    assert kept_away(SET, story.timeline, FAULT - 1, [swoon]) == set()
