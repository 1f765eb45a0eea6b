from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.plan import Plan

LIST = Action("list", "GET", "/accounts")
CREATE = Action("create", "POST", "/accounts", {"id": "{id}"}, (201, 409), creates=True, weight=2)
OPEN = Action("open", "GET", "/accounts/{known}")
PLAN = Plan(
    actions=(LIST, CREATE, OPEN),
    records="requests.jsonl",
    rate=50.0,
    customers=10,
    seed=3,
    delay_ms=300,
    connect_timeout=2.0,
    total_timeout=10.0,
    words=("north", "a&b"),
)


def test_survives_the_way_to_the_other_process() -> None:
    line = PLAN.to_json()
    assert "\n" not in line
    assert Plan.from_json(line) == PLAN


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 0.0}, "rate above 0"),
        ({"rate": float("nan")}, "rate above 0"),
        ({"customers": 0}, "at least 1 customer"),
        ({"actions": ()}, "no action to repeat"),
        ({"actions": (replace(LIST, once=True),)}, "no action to repeat"),
        ({"actions": (replace(LIST, weight=0),)}, "no action to repeat"),
        ({"actions": (OPEN, replace(CREATE, weight=0))}, "no action to repeat"),
        ({"actions": (LIST, OPEN)}, "'open' uses {known}, but no action creates"),
    ],
)
def test_refuses_what_cannot_be_played(change: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        replace(PLAN, **change)  # type: ignore[arg-type]
