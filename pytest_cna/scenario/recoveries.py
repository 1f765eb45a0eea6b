"""The recoveries of one scenario, awaited stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, FleetError, TransportError, WaitTimeout
from pytest_cna.core.events.fault import FaultHealed, FaultInjected
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.judgement.recovery import Recovery, stages
from pytest_cna.judgement.stages import judge_stage
from pytest_cna.scenario.chain import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.event import Event
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.terms import TimeTerms

T = TypeVar("T")

OBSERVED = 1.0
"""Seconds after a bound until what happened within it is surely on the timeline."""
GONE = frozenset({"withdrawn", "unrouted", "dropped"})
"""Stages of an instance that should be gone."""


class Recoveries:
    """``records``: what customers got so far."""

    def __init__(
        self,
        running: RunningDeployment,
        time_terms: TimeTerms,
        records: Callable[[], Sequence[RequestRecord]],
    ) -> None:
        self.all: list[Recovery] = []
        """In order."""
        self._running = running
        self._time_terms = time_terms
        self._records = records

    @property
    def last(self) -> Recovery:
        """Raises CnaError when no fault was injected yet."""
        if not self.all:
            raise CnaError("no fault was injected yet: there is nothing to recover from")
        return self.all[-1]

    def recovery(
        self,
        kind: FaultKind,
        subject: str,
        unit: DeployedUnit,
        machine: str,
        event: Event,
        *,
        leader_lost: bool = False,
        together: int = 1,
    ) -> Recovery:
        """Of ``unit`` from what happened at ``event``, with its bounds."""
        undisturbed = self.all[0].since if self.all else event.monotonic
        good = [r.duration for r in self._records() if not r.failed and r.end < undisturbed]
        limits = bounds(
            kind,
            unit,
            self._time_terms,
            leader_lost=leader_lost,
            together=together,
            answered=max(good, default=0.0),
            taken=self._taken(event),
        )
        since = self._running.since
        return Recovery(kind, subject, unit, machine, event.monotonic, limits, since)

    def follow(
        self, kind: FaultKind, subject: str, unit: DeployedUnit, machine: str, event: Event
    ) -> Recovery:
        """The same, from now on the last one."""
        self.all.append(self.recovery(kind, subject, unit, machine, event))
        return self.all[-1]

    def stages(self, recovery: Recovery) -> dict[str, float | None]:
        """Stage → seconds after the fault; of a fault that another followed, up to that one."""
        return stages(recovery, self._running.timeline, self._records())

    def expect(self, recovery: Recovery, stage: str) -> None:
        """Wait until ``stage`` is reached. Raises AssertionError when that is not within its
        bound, and WaitTimeout when nothing could be asked."""
        if stage not in recovery.bounds:
            raise CnaError(
                f"{recovery.unit.name} has no stage '{stage}' after a {recovery.kind}; it has "
                f"{', '.join(recovery.bounds)}"
            )
        verdict = self.wait_within(
            recovery,
            stage,
            lambda: judge_stage(recovery, stage, self.stages(recovery)),
            lambda verdict: verdict.outcome != "unknown",
            show=lambda verdict: ", ".join(verdict.evidence),
        )
        assert verdict.passed, verdict.sentence

    def wait_within(
        self,
        recovery: Recovery,
        stage: str,
        look: Callable[[], T],
        until: Callable[[T], bool],
        show: Callable[[T], str] = repr,
    ) -> T:
        """As long as the bound of ``stage`` allows; not reached is a failure of the product, unless
        nothing could be asked: then it cannot be judged (WaitTimeout)."""
        bound = recovery.bounds[stage]
        left = recovery.since + bound.seconds + OBSERVED - clock.monotonic()
        try:
            return wait_for(
                look,
                until,
                waiting_for=f"{recovery.unit.name} to be {stage}",
                timeout=max(0.0, left),
                transient=(FleetError, TransportError),
                alive=self._running.alive,
                show=show,
            )
        except WaitTimeout as error:
            verdict = judge_stage(recovery, stage, self.stages(recovery) | {stage: None})
            sentence = f"{verdict.sentence}\nlast seen: {error.last_seen}"
            if recovery.kind.of_machine:
                console = self._console(recovery.machine)
                raise AssertionError(
                    f"{sentence}\nconsole of {recovery.machine}:\n{console}"
                ) from error
            evidence = collect(self._running, recovery.unit)
            if evidence.silent:
                raise
            raise BrokenChain(sentence, evidence, gone=stage in GONE) from error

    def _taken(self, begun: Event) -> float:
        """Seconds from ``begun`` until that fault was in effect, or undone."""
        done = self._running.timeline.events(
            (FaultInjected, FaultHealed), begun.subject, since=begun.monotonic
        )
        return done[0].monotonic - begun.monotonic if done else 0.0

    def _console(self, machine: str) -> str:
        provider = self._running.cluster.provider
        return provider.console(provider.machine(machine))
