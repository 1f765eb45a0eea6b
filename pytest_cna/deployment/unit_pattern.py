"""Patterns of unit names as fleet matches them: by Go's ``path.Match``, not by fnmatch's rules.

Source of the grammar: https://pkg.go.dev/path#Match.
"""

from __future__ import annotations

import re
from functools import cache

_CHARACTER = r"(?:\\.|[^\\\]-])"
_RANGE = rf"({_CHARACTER})(?:-({_CHARACTER}))?"
_CLASS = rf"\[(\^?+)((?:{_CHARACTER}(?:-{_CHARACTER})?)+)\]"
_TOKEN = re.compile(rf"(\*)|(\?)|{_CLASS}|\\(.)|([^*?\[\\])", re.DOTALL)


def matches(pattern: str, name: str) -> bool:
    """Whether ``pattern`` matches ``name``. A malformed pattern matches no name, as in fleet."""
    compiled = _compile(pattern)
    return compiled is not None and compiled.fullmatch(name) is not None


def is_pattern(pattern: str) -> bool:
    """Whether ``pattern`` is well-formed."""
    return _compile(pattern) is not None


@cache
def _compile(pattern: str) -> re.Pattern[str] | None:
    translated, at = "", 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        translated += _translate(token)
        at = token.end()
    return re.compile(translated, re.DOTALL)


def _translate(token: re.Match[str]) -> str:
    star, question, negated, ranges, escaped, plain = token.groups()
    if star:
        return "[^/]*"
    if question:
        return "[^/]"
    if ranges:
        pairs = [
            (low[-1], (high or low)[-1])
            for low, high in re.findall(_RANGE, ranges, flags=re.DOTALL)
        ]
        # a range that ends before it begins is empty in Go and an error in Python
        body = "".join(f"{re.escape(a)}-{re.escape(b)}" for a, b in pairs if a <= b)
        return f"[{negated}{body}]" if body else ("." if negated else "(?!)")
    return re.escape(escaped or plain)
