"""The verdict of a run."""

from __future__ import annotations

import pytest

from pytest_cna.judgement.headline import NOT_JUDGED, headline
from pytest_cna.judgement.noticed import Experience

CALM = Experience(100, 0, 0.3, 1.3, 0, 1.1)
GAP = Experience(2160, 1518, 12.44, 1.3, 0, 1.1)
SHORTER = Experience(315, 161, 3.2, 1.3, 0, 1.1)
FEW = Experience(652, 3, 0.3, 1.3, 0, 1.1)
SLOW = Experience(83, 0, 0.9, 1.3, 21, 1.3)
LESS_SLOW = Experience(90, 0, 0.9, 1.3, 20, 1.3)


@pytest.mark.parametrize(
    ("customers", "verdict", "sentence"),
    [
        ([], "resilient", "Resilient"),
        ([CALM, CALM], "resilient", "Resilient"),
        (
            [CALM, SHORTER, GAP, SLOW],
            "recovers",
            "Recovers; customers notice, at worst 12.4 s without an answer",
        ),
        (
            [CALM, FEW, SLOW],
            "recovers",
            "Recovers; customers notice, at worst 3 of 652 requests failed",
        ),
        (
            [LESS_SLOW, SLOW, LESS_SLOW],
            "recovers",
            "Recovers; customers notice, at worst 21 of 83 answers took longer than 1.3 s",
        ),
    ],
)
def test_what_customers_noticed_decides_when_everything_held(
    customers: list[Experience], verdict: str, sentence: str
) -> None:
    found = headline(customers, failed=False, unjudged=False, judged=True)
    assert (found.verdict, found.sentence) == (verdict, sentence)


@pytest.mark.parametrize("customers", [[], [CALM], [GAP]])
def test_failed_and_not_judged_come_first(customers: list[Experience]) -> None:
    for unjudged in (False, True):
        found = headline(customers, failed=True, unjudged=unjudged, judged=True)
        assert found.verdict == "not resilient"
    assert headline(customers, failed=False, unjudged=True, judged=True) == NOT_JUDGED
    assert headline(customers, failed=False, unjudged=False, judged=False) == NOT_JUDGED
