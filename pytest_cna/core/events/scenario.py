"""Scenarios and their steps, as pytest-bdd runs them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@declare("scenario", "started", subject="scenario")
@dataclass(frozen=True, slots=True)
class ScenarioStarted(Event):
    """A scenario begins, before its fixtures."""

    scenario: str
    """Its name."""
    feature: str
    """The name of its feature."""


@declare("scenario", "finished", subject="scenario")
@dataclass(frozen=True, slots=True)
class ScenarioFinished(Event):
    """A scenario has ended, including its fixtures' teardown."""

    scenario: str
    status: str
    """How it ended, a name of ``report.status``."""


@declare("step", "started", subject="step")
@dataclass(frozen=True, slots=True)
class StepStarted(Event):
    """A step begins."""

    step: str
    """The step's text without the keyword."""


@declare("step", "finished", subject="step")
@dataclass(frozen=True, slots=True)
class StepFinished(Event):
    """A step has ended."""

    step: str
    status: str
    """How it ended, a name of ``report.status``."""
