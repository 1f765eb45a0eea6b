"""What fleet alone shows is unknown while fleet answers on no machine, though it held before."""

from __future__ import annotations

import pytest
from story import FAULT, Story, recovery

from pytest_cna.core.events.fleet import (
    FleetReachable,
    FleetUnreachable,
    MachineGone,
    MachineJoined,
)
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import MACHINE_LOSS, MACHINE_RETURN, SERVICE_STOP
from pytest_cna.core.stages import JOINED, NOTICED, RUNNING, SCHEDULED, Stage
from pytest_cna.judgement.bounds import Bound
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.terms import Term
from pytest_cna.judgement.verdicts import StageVerdict, judge_stage

LIMIT = 10.0
SILENT = FleetUnreachable(error="HTTP 503")


def of(kind: Recovery, story: Story, stage: Stage) -> StageVerdict:
    term = (Term("its time", LIMIT, ""),)
    limited = recovery(kind.kind, limits={stage: Bound(stage, None, term, term)})
    return judge_stage(story.times(limited), stage, FAULT + 1000)


def moved() -> Story:
    story = Story()
    story.at(8, MachineGone("core-1", "10.0.0.1", "id1"))
    story.at(8, UnitScheduled(recovery(MACHINE_LOSS).name, "core-2"))
    return story


@pytest.mark.parametrize("silent", [8.5, 60])
def test_a_place_that_nobody_can_ask_for_is_unknown(silent: float) -> None:
    story, loss = moved(), recovery(MACHINE_LOSS)
    assert of(loss, story, SCHEDULED).passed
    assert "not known" not in of(loss, story, SCHEDULED).sentence
    story.at(silent, SILENT)
    verdict = of(loss, story, SCHEDULED)
    assert verdict.outcome == "unknown"
    assert verdict.sentence.endswith(
        f"\nbut it is not known whether it still is: since {silent:.1f} s fleet has answered on "
        "no machine: HTTP 503"
    )
    story.at(silent + 1, FleetReachable())
    assert of(loss, story, SCHEDULED).passed


def test_a_loss_was_noticed_once_and_for_all() -> None:
    story = moved()
    story.at(9, SILENT)
    assert of(recovery(MACHINE_LOSS), story, NOTICED).passed


def test_a_stop_is_a_state_that_fleet_shows() -> None:
    story = Story()
    story.state(1, "inactive")
    assert of(recovery(SERVICE_STOP), story, NOTICED).passed
    story.at(2, SILENT)
    assert of(recovery(SERVICE_STOP), story, NOTICED).outcome == "unknown"


def test_a_place_in_fleets_list_is_one_too() -> None:
    story = Story()
    story.at(2, MachineJoined("core-1", "10.0.0.1", "id1"))
    story.at(3, SILENT)
    assert of(recovery(MACHINE_RETURN), story, JOINED).outcome == "unknown"


def test_what_others_show_is_known_without_fleet() -> None:
    story = moved()
    story.at(9, SILENT)
    running = of(recovery(MACHINE_LOSS), story, RUNNING)
    assert running.outcome == "failed"
    assert "not known" not in running.sentence
    assert "not be observed" not in running.sentence
