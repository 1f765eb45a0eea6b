"""Words for the tests of what was judged wrongly once: a scenario in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from player import play
from schedules import Op, Schedule

if TYPE_CHECKING:
    from said import Said


def kill(service: str) -> Op:
    return Op("fault", "container kill", service)


def stop(service: str) -> Op:
    return Op("fault", "service stop", service)


def pause(service: str) -> Op:
    return Op("fault", "container pause", service)


def lose(service: str) -> Op:
    """The machine of an instance."""
    return Op("fault", "machine loss", service)


UNDO = Op("undo")


def wait(seconds: float) -> Op:
    return Op("wait", value=seconds)


def delay(name: str, seconds: float) -> Op:
    return Op("delay", name, value=seconds)


def defect(name: str, on: str = "", value: float = 0.0, lasting: float = 0.0) -> Op:
    return Op("defect", name, on, value, lasting=lasting)


def stage(name: str) -> Op:
    return Op("stage", name)


def check(name: str) -> Op:
    return Op("check", name)


class Verdicts:
    """What the judge said of a scenario; ``wrong`` is what the oracle does not find fair of it."""

    def __init__(self, deployment: str, *ops: Op) -> None:
        self._played = play(Schedule(deployment, ops))

    @property
    def wrong(self) -> list[str]:
        return [f"{key}: {said}" for key, said in self._played.wrong.items()]

    def step(self, name: str) -> str:
        """The outcome of the last step with that name, a stage or a check."""
        return [each.outcome for each in self._steps if each.name == name][-1]

    def link(self, name: str) -> str:
        """The broken link that this step named."""
        return [each.link for each in self._steps if each.name == name][-1]

    def end(self, name: str, kind: str = "", unit: str = "") -> str:
        """The outcome at the end: of a check or a stage, the last one's with that name, after a
        fault of ``kind`` and of ``unit``."""
        found = [
            each.outcome
            for each in self._played.said
            if each.at_end
            and each.name == name
            and (not kind or each.kind == kind)
            and (not unit or (each.followed is not None and each.followed.name == unit))
        ]
        return found[-1]

    def has(self, name: str) -> bool:
        """Whether anything of that name was judged at the end."""
        return any(each.at_end and each.name == name for each in self._played.said)

    @property
    def refused(self) -> list[str]:
        """What could not be done, with its outcome."""
        return [f"{s.name}: {s.outcome}" for s in self._played.said if s.what == "do"]

    def seconds(self, name: str) -> float:
        """How long the last step with that name took."""
        return [each.now - each.asked for each in self._steps if each.name == name][-1]

    @property
    def _steps(self) -> list[Said]:
        return [each for each in self._played.said if not each.at_end]
