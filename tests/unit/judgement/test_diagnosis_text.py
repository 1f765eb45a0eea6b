"""A diagnosis in words."""

from __future__ import annotations

from pytest_cna.judgement.diagnosis_text import diagnosis_text


def test_the_text() -> None:
    text = diagnosis_text("u hangs at etcd: no entry", [("broken", "etcd", "no entry")], ["a line"])
    assert text == (
        "diagnosis: u hangs at etcd: no entry\n  broken  etcd          no entry\n  journal:\n"
        "    a line"
    )
