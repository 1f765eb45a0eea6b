"""English word forms. Pure functions."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def plural(noun: str) -> str:
    """The plural of ``noun``: ``requests``, ``recoveries``, ``caches``, ``boxes``."""
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def hint(word: str, known: Sequence[str]) -> str:
    """The end of a sentence that refuses ``word``: the known one that is most like it, or all."""
    close = get_close_matches(word, known, n=1, cutoff=0.7)
    return f"; did you mean '{close[0]}'?" if close else f" (known: {', '.join(known)})"
