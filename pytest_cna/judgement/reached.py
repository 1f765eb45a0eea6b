"""When each stage of a recovery was reached. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.judgement.instance_stages import INSTANCE_STAGES
from pytest_cna.judgement.service_stages import SERVICE_STAGES
from pytest_cna.judgement.stage_times import StageTimes

if TYPE_CHECKING:
    from pytest_cna.judgement.history import History
    from pytest_cna.judgement.stage_times import Finders

REACHED: Finders = {**INSTANCE_STAGES, **SERVICE_STAGES}
"""Stage → the function that finds it."""


def stage_times(history: History) -> StageTimes:
    """When each stage was reached, by that history."""
    return StageTimes(history, REACHED)
