"""Verdicts, as they are made: when a step asks, and again of everything when the scenario ends.

An outcome is *passed*, *failed*, *unknown* (it could not be observed) or *not awaited* (the
scenario ended, or hit the same instance again, before the time was over that the stage may take).
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("verdict", "stage", subject="unit")
@dataclass(frozen=True, slots=True)
class StageJudged(Event):
    """One stage of one recovery was judged."""

    unit: str
    """The unit whose recovery is followed; empty for that of a machine."""
    machine: str
    """Where it was when it was hit."""
    fault: str
    """The kind of fault, a name of ``core.fault_kinds``."""
    stage: str
    """A name of ``core.stages``."""
    outcome: str
    after: float | None
    """When the stage was reached for good, in seconds after the fault; None when it was not."""
    allowed: float
    """When it had to be reached, in seconds after the fault."""
    sentence: str
    """The verdict in words."""
    final: bool = False
    """Whether it was judged over the whole scenario, and not for a step."""


@declare("verdict", "check", subject="name")
@dataclass(frozen=True, slots=True)
class CheckJudged(Event):
    """A check was judged: an invariant, or what was promised to customers."""

    name: str
    """What was checked."""
    outcome: str
    sentence: str
    """The verdict in words."""
    final: bool = False
    """Whether it was judged over the whole scenario, and not for a step."""
