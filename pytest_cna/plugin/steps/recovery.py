"""Steps about recovery: each stage within the bound that is computed from the deployment.

There is a step for each sentence of each stage in ``pytest_cna.core.stages``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_bdd import parsers, then

from pytest_cna.core.stages import SCHEDULED, STAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.core.stages import Stage
    from pytest_cna.scenario.scene import Scene


def _reached(stage: Stage) -> Callable[[Scene], None]:
    def reached(scene: Scene) -> None:
        scene.await_stage(stage)

    reached.__doc__ = f"*{stage.name.capitalize()}*: {stage.meaning}."
    return reached


for _stage in STAGES.values():
    _function = _reached(_stage)
    for _sentence in (_stage.sentence, *_stage.also):
        then(f"{_sentence} within the bound")(_function)


@then(
    parsers.re(r"fleet places it on another machine that is (?P<key>\w+) within the bound"),
)
def placed_on_another_machine_that_is(scene: Scene, key: str) -> None:
    """*Scheduled*, and the metadata of that machine has ``<key>=true``."""
    scene.await_stage(SCHEDULED)
    scene.expect_metadata(key, "true")


@then("every unit of the lost machine is placed on another machine within the bound")
def every_unit_is_placed(scene: Scene) -> None:
    """fleet has placed each main unit of the lost machine on another one.

    Each unit is judged against a bound of its own.
    """
    scene.await_all_placed()
