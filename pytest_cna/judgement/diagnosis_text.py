"""A diagnosis as text: one form for messages and for the report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LinkState = Literal["ok", "broken", "unknown"]
"""``broken``: not as it should be; ``unknown``: could not be asked."""


def diagnosis_text(
    sentence: str, links: Iterable[tuple[LinkState, str, str]], journal: Sequence[str]
) -> str:
    """The finding, a line for each link (its state, its name, what it said), the journal."""
    lines = [f"diagnosis: {sentence}"]
    lines += [f"  {state:<8}{name:<14}{said}" for state, name, said in links]
    if journal:
        lines += ["  journal:", *(f"    {line}" for line in journal)]
    return "\n".join(lines)
