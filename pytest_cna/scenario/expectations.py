"""What your own tests expect after a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.stages import Stage
    from pytest_cna.scenario.scene import Scene


@dataclass(frozen=True, slots=True)
class Expectation:
    """That the recovery from the last fault reaches some of its stages."""

    _scene: Scene
    _stages: Sequence[Stage]

    def within_bound(self) -> None:
        """Wait for each stage, as long as its bound allows.

        Raises ProductFailed (an AssertionError), with the terms of the bound and the first broken
        link, when one is reached too late or not at all; CnaError when nobody could look, when no
        fault was injected, or when its recovery has no such stage.
        """
        for stage in self._stages or self._all():
            self._scene.await_stage(stage)

    def _all(self) -> list[Stage]:
        recoveries = self._scene.recoveries
        return [each for each in recoveries.last.bounds if recoveries.is_seen(each)]


class Expect:
    """What has to follow the last fault, or the undoing of it; bounds are computed from the
    deployment. ``expect.announced.within_bound()`` waits for one stage, of those that
    ``pytest_cna.core.stages`` declares; ``expect.recovery`` for all of them in turn."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def recovery(self) -> Expectation:
        """Every stage that the recovery has and that is observed: *serving* only with the fixture
        ``traffic``, the application's configuration only where containers have it."""
        return Expectation(self._scene, ())

    def __getattr__(self, name: str) -> Expectation:
        """The stage of that name. Raises AttributeError for a name that is no stage."""
        if name not in STAGES:
            raise AttributeError(
                f"there is no stage '{name}' to expect; the stages are {', '.join(STAGES)}"
            )
        return Expectation(self._scene, (STAGES[name],))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *STAGES]
