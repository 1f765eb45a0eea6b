"""What the judge said at the end of a scenario, and the scenario's story for the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expected_stages import expected_stages
from happenings import MOMENT, Allowance, Change, Followed, Story
from said import Said
from small_deployments import application

from pytest_cna.core.events.fault import (
    FaultHealing,
    FaultInjected,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.core.events.verdict import CheckJudged, StageJudged
from pytest_cna.core.fault_kinds import fault_kind
from pytest_cna.judgement.checks import NOT_TWICE, ONE_ENTRY, ROUTING
from pytest_cna.judgement.collateral import UNHARMED
from pytest_cna.judgement.failed_requests import NO_FAILURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.verdicts import Verdict
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

LOST = f"no acknowledged {application().record} is lost"
CHECKS = {
    ONE_ENTRY: "one entry",
    ROUTING: "routing",
    NOT_TWICE: "no unit twice",
    UNHARMED: "unharmed",
    NO_FAILURE: "no failure",
    LOST: "no loss",
}
"""The judge's name of a check → ours."""


class Recording:
    """Of one scene, from now on."""

    def __init__(self, scene: Scene, world: FakeWorld) -> None:
        self._scene = scene
        self._world = world
        self._timeline = scene.running.timeline
        self._begun = world.clock.monotonic()
        self._followed: dict[Recovery, Followed] = {}

    def followed(self, recovery: Recovery) -> Followed:
        """The same recovery in plain numbers."""
        if recovery not in self._followed:
            allowed = {
                stage.name: Allowance(
                    bound.cause.name if bound.cause else "", bound.own_seconds, bound.seconds
                )
                for stage, bound in recovery.bounds.items()
            }
            self._followed[recovery] = Followed(
                recovery.kind, recovery.unit, recovery.machine, recovery.since, allowed
            )
        return self._followed[recovery]

    def story(self) -> Story:
        """Up to now, when everything has been judged."""
        final = [each for each in self._timeline.events(StageJudged) if each.final]
        now = self._world.clock.monotonic()
        return Story(
            deployment=self._scene.deployment,
            addresses={each.name: each.address for each in self._scene.cluster.machines},
            begun=self._begun,
            ended=min((each.monotonic for each in final), default=now) + MOMENT,
            history=self._world.truth.history(self._begun),
            changes=list(self._changes()),
            recoveries=[self.followed(each) for each in self._scene.recoveries.all],
            records=self._scene.records(),
        )

    def _changes(self) -> Iterator[Change]:
        done = self._timeline.events(FaultInjected, since=self._begun)
        undone = (FaultHealing, FaultUndoneByGuard)
        for event in self._timeline.events((FaultInjecting, *undone), since=self._begun):
            effect = (
                each.monotonic
                for each in done
                if each.target == event.target
                and each.fault == event.fault
                and each.monotonic >= event.monotonic
            )
            undoing = isinstance(event, undone)
            yield Change(
                event.monotonic,
                fault_kind(event.fault),
                undoing,
                event.target,
                event.machine,
                event.monotonic if undoing else next(effect, None),
            )

    def concluded(self, asked: float) -> list[Said]:
        """Every verdict of the end."""
        known = [each for each in self._scene.verdicts if each.name in CHECKS]
        return [*self._stages(asked), *(self._check(each, asked) for each in known)]

    def _stages(self, asked: float) -> Iterator[Said]:
        recoveries = self._scene.recoveries
        story_end = self._world.clock.monotonic()
        for recovery in recoveries.all:
            followed, kind = self.followed(recovery), recovery.kind.name
            said = {each.stage.name: each for each in recoveries.judge(recovery)}
            for name, verdict in said.items():
                yield Said(
                    "stage",
                    name,
                    _outcome(verdict.outcome),
                    f"{verdict.sentence}\n{', '.join(verdict.evidence)}",
                    asked,
                    story_end,
                    kind,
                    followed,
                    at_end=True,
                )
            wanted = expected_stages(kind, recovery.unit, self._scene.deployment)
            for name in wanted - said.keys() - self._unseen():
                yield Said(
                    "stage", name, "missing", "", asked, story_end, kind, followed, at_end=True
                )

    def _unseen(self) -> set[str]:
        """Stages that nobody sees in this scenario."""
        return set() if self._scene.customers else {"serving"}

    def _check(self, verdict: Verdict, asked: float) -> Said:
        now = self._world.clock.monotonic()
        made = self._timeline.events(CheckJudged, verdict.name, since=asked)
        looks = [e for e in made if not e.final and e.outcome == verdict.outcome]  # none if unable
        last = looks[-1].monotonic if looks else now
        last = last if verdict.name in {ONE_ENTRY, ROUTING, NOT_TWICE} else now
        kind = self._scene.recoveries.all[-1].kind.name if self._scene.recoveries.all else ""
        return Said(
            "check",
            CHECKS[verdict.name],
            _outcome(verdict.outcome),
            str(verdict),
            asked,
            last,
            kind,
            at_end=True,
        )


def _outcome(outcome: str) -> str:
    return "broken" if outcome == "unknown" else outcome
