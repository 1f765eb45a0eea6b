"""Attachments are kept short, and say so."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_cna.scenario.shortening import around, beginning

LEFT_OUT = re.compile(r"\[(\d+) lines left out: (\d+) bytes\]")
LINES = [(float(n), f"line {n:03}") for n in range(100)]


def test_what_is_short_stays_whole() -> None:
    assert around(LINES[:3], [1.0], 1000) == ("line 000\nline 001\nline 002", 0)
    assert around([], [1.0], 1000) == ("", 0)
    assert beginning("a\nb", 1000) == ("a\nb", 0)


def test_what_is_near_to_a_fault_stays() -> None:
    text, missing = around(LINES, [20.0, 70.0], 10 * 9)
    kept = re.findall(r"line (\d+)", text)
    assert sorted(kept) == kept
    assert {"020", "070", "019", "071"} <= set(kept)
    assert len(kept) == 10
    assert missing == 90 * 9
    assert text.startswith("[18 lines left out: 162 bytes]\nline 018")


def test_without_faults_the_latest_stays() -> None:
    text, _ = around(LINES, [], 27)
    assert text == "[97 lines left out: 873 bytes]\nline 097\nline 098\nline 099"


def test_the_beginning_ends_with_a_line() -> None:
    text, missing = beginning("first\nsecond\nthird", 14)
    assert text == "first\nsecond\n[6 bytes left out]"
    assert missing == 6


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.text(st.characters(exclude_characters="\n")))),
    st.lists(st.floats(-10, 110)),
    st.integers(0, 200),
)
def test_any_lines(lines: list[tuple[float, str]], moments: list[float], budget: int) -> None:
    lines.sort()
    text, missing = around(lines, moments, budget)
    whole = sum(len(line.encode(errors="replace")) + 1 for _, line in lines)
    assert whole - missing <= budget or missing == 0
    counted = [int(size) for _, size in LEFT_OUT.findall(text)]
    if missing:
        assert sum(counted) >= missing


@settings(deadline=None)
@given(st.text(), st.integers(1, 50))
def test_any_text(text: str, budget: int) -> None:
    kept, missing = beginning(text, budget)
    if missing:
        assert kept.endswith(f"\n[{missing} bytes left out]")
        assert len(kept.rpartition("\n[")[0].encode(errors="replace")) <= budget
    else:
        assert kept == text
