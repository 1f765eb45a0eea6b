"""Plays a schedule with the project's own scene, and holds each verdict against the oracle's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from oracle import Oracle
from recording import Recording
from said import Said
from small_deployments import deployment
from staging import staged, world_of

from pytest_cna.core.errors import CapabilityMissing, CnaError, ConfigurationError
from pytest_cna.core.fault_kinds import FAULT_KINDS, FaultKind
from pytest_cna.core.stages import SCHEDULED, STAGES
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.scenario.faults.base import Fault
from pytest_cna.testing.defect_kinds import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from schedules import Op, Schedule

    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.scenario.scene import Scene

APART = 0.020007
"""Seconds between two things that are done, so that no two are done in one instant, nor in one in
which something happens by itself: those are whole milliseconds apart."""


class Nothing(Fault):
    """A fault of a test's own, which does nothing and is not followed."""

    kind = FaultKind("nothing", "machine", (), "nothing was done to {}")

    def do(self) -> None: ...

    def undo(self) -> None: ...


@dataclass
class Played:
    """What a schedule gave."""

    said: list[Said] = field(default_factory=list)
    """Every verdict, in the order in which they were made; those of the end last."""
    seconds: float = 0.0
    """Simulated."""
    requests: int = 0

    @property
    def wrong(self) -> dict[str, Said]:
        """Kind of wrong verdict → the first of that kind."""
        return {each.wrong: each for each in reversed(self.said) if each.wrong}


def play(schedule: Schedule) -> Played:
    """The scenario of a schedule, to its conclusion."""
    with staged(deployment(schedule.deployment)) as scene:
        return Player(scene).play(schedule)


class Player:
    """Of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.world = world_of(scene)
        self.played = Played()
        self._recording = Recording(scene, self.world)
        self._kind = ""
        self._undoable = False

    def play(self, schedule: Schedule) -> Played:
        begun = self.world.clock.monotonic()
        if self.scene.deployment.balancer:
            self.scene.start_customers()
        for op in schedule.ops:
            if not self._do(op):
                break
        self._conclude()
        self.played.seconds = self.world.clock.monotonic() - begun
        self.world.mend()
        with suppress(CnaError):
            self.scene.heal()
        return self.played

    def _conclude(self) -> None:
        asked = self.world.clock.monotonic()
        try:
            self.scene.conclude()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no verdict
            self._say("do", "conclude", error, asked)
        self.played.said += self._recording.concluded(asked)
        story = self._recording.story()
        oracle = Oracle(story)
        for each in self.played.said:
            each.hold_against(oracle)
        self.played.requests = len(story.records)

    def _do(self, op: Op) -> bool:
        """Whether the scenario goes on: a fault that could not be injected ends it."""
        match op.what:
            case "delay":
                setattr(self.world.delays, op.name, op.value)
            case "defect":
                lasting = op.lasting or FOREVER
                value = op.value or None
                self.world.defect(op.name, op.on, value=value, after=op.after, lasting=lasting)
            case "mend":
                self.world.mend(op.name)
            case "wait":
                self.world.clock.advance(op.value)
            case "stage":
                self._ask_stage(op.name)
            case "check":
                self._ask_check(op.name)
            case "fault" | "own fault" | "undo":
                return self._change(op)
        return True

    def _change(self, op: Op) -> bool:
        scene = self.scene
        self.world.clock.advance(APART)
        asked = self.world.clock.monotonic()
        try:
            if op.what == "fault":
                scene.inject(FAULT_KINDS[op.name], op.on)
            elif op.what == "own fault":
                scene.inject_fault(Nothing(scene.cluster, "nothing", "nowhere"))
            elif self._undoable:
                scene.undo_last()
        except (CapabilityMissing, ConfigurationError):
            return True  # refused before anything was done
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a verdict
            self._say("do", f"{op.what} {op.name}".strip(), error, asked, op.on)
            return False
        self._undoable = op.what == "fault" or (op.what == "own fault" and self._undoable)
        if op.what != "own fault" and scene.recoveries.all:
            self._kind = scene.recoveries.last.kind.name
        return True

    def _ask_stage(self, name: str) -> None:
        recoveries, stage = self.scene.recoveries, STAGES[name]
        if not recoveries.all or stage not in recoveries.last.bounds:
            return
        if recoveries.is_seen(stage):
            self._ask("stage", name, partial(self.scene.await_stage, stage))

    def _ask_check(self, name: str) -> None:
        scene = self.scene
        checks: dict[str, Callable[[], object]] = {
            "one entry": scene.invariants.expect_one_entry_per_instance,
            "no unit twice": scene.invariants.expect_no_unit_runs_twice,
            "quorum": scene.invariants.expect_quorum,
        }
        if scene.deployment.balancer is not None:
            checks["routing"] = scene.invariants.expect_routing_equals_discovery
        if scene.customers is not None:
            checks["no failure"] = scene.expect_no_request_failed
            checks["no loss"] = scene.expect_no_record_lost
        if any(SCHEDULED in each.bounds for each in self._displaced):
            checks["all placed"] = scene.await_all_placed
        if name in checks:
            self._ask("check", name, checks[name])

    @property
    def _displaced(self) -> list[Recovery]:
        """The recoveries of all units of the machine that was lost last."""
        every = self.scene.recoveries.all
        last = self.scene.recoveries.last if every else None
        if last is None or not last.kind.moves:
            return []
        return [each for each in every if each.kind.moves and each.since == last.since]

    def _ask(self, what: Literal["stage", "check"], name: str, step: Callable[[], object]) -> None:
        asked = self.world.clock.monotonic()
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a verdict
            self._say(what, name, error, asked)
        else:
            self._say(what, name, None, asked)

    def _say(
        self,
        what: Literal["stage", "check", "do"],
        name: str,
        error: Exception | None,
        asked: float,
        on: str = "",
    ) -> None:
        recoveries = self.scene.recoveries
        link = None
        if isinstance(error, BrokenChain):
            link = broken_link(error.evidence)
        self.played.said.append(
            Said(
                what,
                name,
                _outcome(error),
                "" if error is None else f"{type(error).__name__}: {error}",
                asked,
                self.world.clock.monotonic(),
                self._kind,
                self._recording.followed(recoveries.last) if recoveries.all else None,
                [self._recording.followed(each) for each in self._displaced],
                on=on,
                link=str(link or ""),
            )
        )


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "passed"
    if isinstance(error, AssertionError):
        return "failed"
    return "broken" if isinstance(error, CnaError) else "crashed"
