"""A stage is judged by its own terms, and by the whole bound where a stage before is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.core.fault_kinds import CONTAINER_KILL
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import Bound
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.stages import judge_stage
from pytest_cna.judgement.terms import Term

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
UNIT = SET.main_units(SET.service("cache"))[0]
END, START, PROBE = Term("end", 1.0, ""), Term("start", 4.0, ""), Term("probe", 0.5, "")
BOUNDS = {
    "noticed": Bound("noticed", (END,), (END,)),
    "running": Bound("running", (END, START), (START,)),
    "announced": Bound("announced", (END, START, PROBE), (PROBE,)),
}
KILL = Recovery(CONTAINER_KILL, "cache.1", UNIT, "core-1", 100.0, BOUNDS)


@pytest.mark.parametrize(
    ("noticed", "running", "announced", "outcome"),
    [
        (0.2, 3.0, 3.4, "passed"),
        # 1.0 s after a stage that came early: its own term is 0.5
        (0.2, 3.0, 4.0, "failed"),
        (0.2, 5.0, 5.5, "passed"),
        (0.2, 5.0, 5.6, "failed"),
        # a stage before is not known: the whole bound of 5.5 counts
        (None, 3.0, 5.5, "passed"),
        (None, 3.0, 5.6, "failed"),
        (0.2, 3.0, None, "unknown"),
    ],
)
def test_a_stage_has_what_its_own_terms_allow(
    noticed: float | None, running: float, announced: float | None, outcome: str
) -> None:
    reached = {"noticed": noticed, "running": running, "announced": announced}
    assert judge_stage(KILL, "announced", reached).outcome == outcome


def test_a_late_stage_names_its_terms() -> None:
    verdict = judge_stage(KILL, "running", {"noticed": 0.5, "running": 4.75, "announced": None})
    assert "was running 4.75 s after the container kill of cache.1" in verdict.sentence
    assert "its bound is 4.50 s: start 4.0 after the stage before" in verdict.sentence
    assert "in all 5.0 s = end 1.0 + start 4.0" in verdict.sentence


def test_a_missing_stage_shows_how_far_the_others_came() -> None:
    verdict = judge_stage(KILL, "running", {"noticed": 0.5, "running": None, "announced": None})
    assert "was not running within its bound" in verdict.sentence
    assert verdict.evidence == ("noticed 0.50 s", "running not yet", "announced not yet")
