"""English word forms. Pure functions."""

from __future__ import annotations


def plural(noun: str) -> str:
    """The plural of ``noun``: ``requests``, ``recoveries``, ``caches``, ``boxes``."""
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
