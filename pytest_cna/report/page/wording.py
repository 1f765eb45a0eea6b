"""Numbers and names in words. Pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pytest_cna.core.words import plural


def seconds(value: float | None) -> str:
    """A duration, as ``0.31 s``, ``12.4 s``, ``3 min 05 s``; None is ``never``."""
    if value is None:
        return "never"
    if value >= 120:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes:,} min {rest:02d} s"
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


def count(number: int, noun: str) -> str:
    """A number with its noun, as ``1 request``, ``1,204 requests``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural(noun)}"


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def moment(unix: float) -> str:
    """A Unix time in UTC, to the minute."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M}"


def listed(words: list[str]) -> str:
    """A list in words: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def slug(text: str) -> str:
    """The text as an id: letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def unwrapped(text: str) -> str:
    """The text with each paragraph in one line."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def short_unit(name: str) -> str:
    return name.removesuffix(".service")
