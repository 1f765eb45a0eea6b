"""A wait that ends without what it waited for tells whether anything could be seen at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_cna.core.errors import FleetError, WaitTimeout
from pytest_cna.core.waiting import wait_for


def says(*answers: object) -> Callable[[], object]:
    """The last one again and again; an exception is raised."""
    left = list(answers)

    def look() -> object:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


@pytest.mark.parametrize(
    ("answers", "unable"),
    [
        ([0], False),
        ([FleetError("no answer")], True),
        ([0, FleetError("no answer")], True),
        ([FleetError("no answer"), 0], False),
    ],
)
def test_whether_the_last_look_failed(answers: list[object], unable: bool) -> None:
    # as many looks as answers, the last of them at the deadline
    with pytest.raises(WaitTimeout) as ended:
        wait_for(
            says(*answers),
            waiting_for="it",
            timeout=0.02 if len(answers) > 1 else 0.0,
            interval=0.0,
            transient=(FleetError,),
        )
    assert ended.value.unable is unable
