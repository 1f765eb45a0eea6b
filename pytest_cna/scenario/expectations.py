"""What a test of one's own expects after a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.scenario.scene import Scene

OF_CUSTOMERS = frozenset({"serving"})
OF_CONFIGURATION = frozenset({"dropped", "named"})
"""Stages that only a look into the application's containers shows."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """That the recovery from the last fault reaches some of its stages."""

    _scene: Scene
    _stages: Sequence[str]

    def within_bound(self) -> None:
        """Wait for each stage, as long as its bound allows.

        Raises AssertionError, with the terms of the bound and the first broken link, when one is
        reached too late or not at all; WaitTimeout when nothing could be asked; CnaError when no
        fault was injected or its recovery has no such stage.
        """
        for stage in self._stages or self._all():
            self._scene.await_stage(stage)

    def _all(self) -> list[str]:
        stages = list(self._scene.recoveries.last.bounds)
        if self._scene.customers is None:
            stages = [stage for stage in stages if stage not in OF_CUSTOMERS]
        return [stage for stage in stages if stage not in OF_CONFIGURATION]


class Expect:
    """What has to follow the last fault, or the undoing of it; bounds are computed from the
    deployment. ``expect.announced.within_bound()`` waits for one stage, ``expect.recovery`` for
    all of them in turn."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def recovery(self) -> Expectation:
        """Every stage that the recovery has and that is observed: *serving* only with the fixture
        ``traffic``, what the application's configuration names not at all."""
        return Expectation(self._scene, ())

    @property
    def noticed(self) -> Expectation:
        """systemd saw the container end, or fleet saw the unit stop or the machine go."""
        return self._stage("noticed")

    @property
    def scheduled(self) -> Expectation:
        """fleet placed the unit on another machine."""
        return self._stage("scheduled")

    @property
    def running(self) -> Expectation:
        """Its container runs."""
        return self._stage("running")

    @property
    def announced(self) -> Expectation:
        """It has a discovery entry."""
        return self._stage("announced")

    @property
    def routed(self) -> Expectation:
        """HAProxy takes it for up."""
        return self._stage("routed")

    @property
    def serving(self) -> Expectation:
        """A customer got a good answer; needs the fixture ``traffic``."""
        return self._stage("serving")

    @property
    def withdrawn(self) -> Expectation:
        """It has no discovery entry any more."""
        return self._stage("withdrawn")

    @property
    def unrouted(self) -> Expectation:
        """HAProxy sends it no request any more."""
        return self._stage("unrouted")

    @property
    def joined(self) -> Expectation:
        """The machine is in fleet's list again."""
        return self._stage("joined")

    def _stage(self, name: str) -> Expectation:
        return Expectation(self._scene, (name,))
