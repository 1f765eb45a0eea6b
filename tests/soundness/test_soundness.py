"""The judge held against the truth: drawn schedules on simulated clusters, where it is known.

A short form; ``make soundness`` draws many more. Examples of what was wrong once are played first.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from player import play
from schedules import Schedule, from_json
from strategies import schedules

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
SHORT = settings(
    max_examples=60,
    database=None,
    deadline=None,
    derandomize=True,
    print_blob=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@cache
def _kind(key: str) -> type[AssertionError]:
    """A class for each kind of wrong verdict, so that Hypothesis shrinks and reports each."""
    return type(re.sub(r"\W+", "_", key), (AssertionError,), {})


def _hold(schedule: Schedule) -> None:
    for key, said in play(schedule).wrong.items():
        raise _kind(key)(f"{key}\n{schedule}\n{said}")


@SHORT
@given(schedules(lawful=True, faults=2))
def test_a_product_that_keeps_every_constant_is_never_blamed(schedule: Schedule) -> None:
    _hold(schedule)


@SHORT
@given(schedules(lawful=False, faults=2))
def test_verdicts_are_those_of_the_truth(schedule: Schedule) -> None:
    _hold(schedule)


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.json")))
def test_what_was_wrong_once(name: str) -> None:
    _hold(from_json((EXAMPLES / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "module", ["oracle", "stage_truth", "check_truth", "collateral_truth", "happenings"]
)
def test_the_oracle_knows_nothing_of_the_judge(module: str) -> None:
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    assert names
    assert not [name for name in names if name.startswith("pytest_cna.judgement")]
