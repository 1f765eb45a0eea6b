"""A diagnosis in words, and what a link's state is."""

from __future__ import annotations

import pytest

from pytest_cna.judgement.diagnosis_text import diagnosis_text, link_state


def test_the_text() -> None:
    text = diagnosis_text("u hangs at etcd: no entry", [("broken", "etcd", "no entry")], ["a line"])
    assert text == (
        "diagnosis: u hangs at etcd: no entry\n  broken  etcd          no entry\n  journal:\n"
        "    a line"
    )


@pytest.mark.parametrize(
    ("holds", "follower", "gone", "state"),
    [
        (True, False, False, "ok"),
        (False, False, False, "broken"),
        (None, True, True, "unknown"),
        # of what should be gone, only those that follow it have to have dropped it
        (True, False, True, "ok"),
        (True, True, True, "broken"),
        (False, True, True, "ok"),
    ],
)
def test_a_link(holds: bool | None, follower: bool, gone: bool, state: str) -> None:
    assert link_state(holds, follower=follower, gone=gone) == state
