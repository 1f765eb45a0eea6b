"""Shortening of attachments: lines nearest to the faults stay; what is left out is counted."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def around(
    lines: Sequence[tuple[float, str]], moments: Sequence[float], budget: int
) -> tuple[str, int]:
    """Of ``lines``, each with its time, in time order, those nearest to ``moments``, at most
    ``budget`` bytes of them, in time order; and how many bytes were left out. A line says where."""
    sizes = [len(line.encode(errors="replace")) + 1 for _, line in lines]
    if sum(sizes) <= budget:
        return "\n".join(line for _, line in lines), 0
    ordered = sorted(moments)
    kept = set()
    left = budget
    for index in sorted(range(len(lines)), key=lambda each: _distance(lines[each][0], ordered)):
        if sizes[index] > left:
            break
        left -= sizes[index]
        kept.add(index)
    shown: list[str] = []
    gap: list[int] = []
    for index, (_, line) in enumerate(lines):
        if index not in kept:
            gap.append(index)
            continue
        shown += _told(gap, sizes)
        gap = []
        shown.append(line)
    shown += _told(gap, sizes)
    missing = sum(size for index, size in enumerate(sizes) if index not in kept)
    return "\n".join(shown), missing


def _told(gap: Sequence[int], sizes: Sequence[int]) -> list[str]:
    if not gap:
        return []
    return [f"[{len(gap)} lines left out: {sum(sizes[each] for each in gap)} bytes]"]


def _distance(at: float, moments: Sequence[float]) -> float:
    """To the nearest of ``moments``; without any, the latest is nearest."""
    if not moments:
        return -at
    place = bisect_left(moments, at)
    return min(abs(at - moment) for moment in moments[max(0, place - 1) : place + 1])


def beginning(text: str, budget: int) -> tuple[str, int]:
    """The first lines of ``text``, at most ``budget`` bytes, and how many bytes were left out."""
    whole = text.encode(errors="replace")
    if len(whole) <= budget:
        return text, 0
    kept = whole[:budget].rpartition(b"\n")[0] or whole[:budget]
    missing = len(whole) - len(kept)
    return f"{kept.decode(errors='ignore')}\n[{missing} bytes left out]", missing
