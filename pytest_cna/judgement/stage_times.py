"""The times of the stages of a recovery, each found once. Pure.

A stage is a state: it counts from the moment since which it has held up to the end of the history,
and from 0 when it held at the fault already. What is seen for a moment only was not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_cna.core.stages import RUNNING, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.core.events.discovery import EntryEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.judgement.history import History
    from pytest_cna.judgement.recovery import Recovery


@dataclass(frozen=True, slots=True)
class Reached:
    """Monotonic seconds."""

    at: float | None
    """Since when the stage has held; None when it does not hold."""
    lost: float | None = None
    """When it last ceased to hold, which counts where it does not hold; None when it never did."""


NEVER = Reached(None)

Finders = Mapping[Stage, Callable[["StageTimes"], Reached]]
"""Stage → the function that finds it."""


class StageTimes:
    """The times of all stages of one recovery, each found once, by the function that ``finders``
    has for it."""

    def __init__(self, history: History, finders: Finders) -> None:
        self.history = history
        self._finders = finders
        self.recovery = history.recovery
        self._known: dict[Stage, Reached] = {}

    def after_requests(self, history: History) -> StageTimes:
        """The times by a history that has other requests, and is the same else."""
        made = StageTimes(history, self._finders)
        made._known = {s: at for s, at in self._known.items() if s.seen != "customers"}
        return made

    def of(self, stage: Stage) -> Reached:
        """Raises KeyError for a stage without a finder."""
        if stage not in self._known:
            self._known[stage] = self._finders[stage](self)
        return self._known[stage]

    def after(self, stage: Stage) -> float | None:
        """Seconds after the fault; None when it was not reached."""
        at = self.of(stage).at
        return None if at is None else max(0.0, at - self.recovery.since)

    def holding(self, states: Iterable[tuple[float, bool]]) -> Reached:
        """Since when a state holds, of which each pair says whether it does from then on (monotonic
        seconds, in order). Before the first it does not."""
        since = self.recovery.since
        at, lost = None, None
        for when, holds in states:
            if holds and at is None:
                at = max(when, since)
            elif not holds and at is not None:
                at, lost = None, (when if when > since else None)
        return Reached(at, lost)

    @property
    def runs_since(self) -> float | None:
        """Since when its container runs: since the fault where that did not end it."""
        if RUNNING not in as_in_table(self.recovery).stages:
            return self.recovery.since
        return self.of(RUNNING).at

    @cached_property
    def home(self) -> str:
        """The machine that its container was started on last."""
        unit = self.recovery.unit
        if unit is None:
            return self.recovery.machine
        return self.recovery.home(self.history.events(unit.up_with, unit.container))

    @cached_property
    def entries(self) -> list[EntryEvent]:
        """What happened to its discovery entries, on whichever machine, since the cluster began."""
        unit = self.recovery.unit
        return self.history.entries(unit) if unit else []


def as_in_table(recovery: Recovery) -> FaultKind:
    """The kind whose stages have the same causes: a kind of one's own may leave out some."""
    return recovery.kind.like or recovery.kind
