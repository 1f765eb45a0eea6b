"""What could not be observed when it was due, and since when."""

from __future__ import annotations

import math

import pytest
from story import FAULT, WEB, Story, main_unit, recovery

from pytest_cna.core.events.configuration import ConfigurationNamed, ConfigurationUnread
from pytest_cna.core.events.fleet import FleetReachable, FleetUnreachable
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP
from pytest_cna.core.stages import DROPPED, ENDED, NOTICED, RUNNING, SCHEDULED, Stage
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.unseen import unseen

KILL, LOSS, STOP = recovery(CONTAINER_KILL), recovery(MACHINE_LOSS), recovery(SERVICE_STOP)
BY_FLEET = ((LOSS, SCHEDULED), (LOSS, NOTICED), (STOP, NOTICED))
BY_OTHERS = ((LOSS, RUNNING), (KILL, NOTICED), (STOP, ENDED))
NEVER = (math.inf, "")


def silent() -> Story:
    """Fleet answers on no machine from 5 s on."""
    story = Story()
    story.at(5, FleetUnreachable(error="HTTP 503"))
    return story


@pytest.mark.parametrize(("of", "stage"), BY_FLEET)
def test_what_fleet_alone_shows_is_unseen_while_it_is_silent(of: Recovery, stage: Stage) -> None:
    story, why = silent(), "fleet has answered on no machine: HTTP 503"
    assert unseen(story.history(of), stage) == (FAULT + 5, why)
    assert unseen(story.history(of), stage, FAULT + 5) == NEVER, "that is what came later"
    story.at(6, FleetReachable())
    assert unseen(story.history(of), stage) == NEVER
    assert unseen(story.history(of), stage, FAULT + 6) == (FAULT + 5, why)


@pytest.mark.parametrize(("of", "stage"), BY_OTHERS)
def test_what_others_show_is_seen(of: Recovery, stage: Stage) -> None:
    story = silent()
    story.at(6, UnitScheduled(WEB.name, "core-2"))
    assert unseen(story.history(of), stage) == NEVER


def test_fleet_says_no_more_of_a_unit_that_it_has_moved() -> None:
    story = Story()
    story.at(3, UnitScheduled(WEB.name, "core-2"))
    moved = (FAULT + 3, "fleet no longer has it on core-1")
    assert unseen(story.history(STOP), NOTICED) == moved
    assert unseen(story.history(STOP), NOTICED, FAULT + 9) == NEVER, "it was seen then"
    assert unseen(story.history(LOSS), NOTICED) == NEVER
    story.at(4, UnitScheduled(WEB.name, "core-1"))
    assert unseen(story.history(STOP), NOTICED) == NEVER


def test_a_configuration_is_unseen_since_the_last_of_it_could_be_read() -> None:
    stop, where = recovery(SERVICE_STOP, "cache"), (main_unit("cache").name, "10.0.0.1:11211")
    story = Story()
    story.at(1, ConfigurationNamed(*where))
    story.at(2, ConfigurationUnread(*where))
    why = "no container has a configuration that could be read"
    assert unseen(story.history(stop), DROPPED) == (FAULT + 2, why)
    assert unseen(story.history(stop), DROPPED, FAULT + 9) == NEVER, "it was seen then"
    story.at(3, ConfigurationNamed(*where))
    assert unseen(story.history(stop), DROPPED) == (math.inf, why)
