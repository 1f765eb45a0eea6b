"""Secrets never reach a report: what looks like one, or is known to be one, is taken out of every
text before it is written. Pure functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MARK = "[redacted]"
LEAST = 6
"""Characters of a known secret; a shorter one would be found in words that are none."""

_KEY = (
    r"[\w.-]*(?:password|passwd|passphrase|_pass\b|pgpass|_pwd\b|secret|token|credential|api[_-]?key"
    r"|access[_-]?key|private[_-]?key)[\w.-]*"
)
_SECRET_NAME = re.compile(
    r"[\w.-]*(?:password|passwd|passphrase|_pass|pgpass|_pwd|secret|token|credentials?|api[_-]?key"
    r"|access[_-]?key|private[_-]?key)",
    re.IGNORECASE,
)
"""Of a value that is one: a ``PASSWORD_FILE`` is none."""
_VALUE = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"',;&\])}]+)"""
_ASSIGNED = re.compile(rf"""({_KEY}\\?["']?\s*[:=]\s*)(\\?{_VALUE})""", re.IGNORECASE)
_PATTERNS = (
    re.compile(r"()(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END[A-Z -]*|\Z))"),
    _ASSIGNED,
    re.compile(rf"((?<!\S)--{_KEY}\s+)({_VALUE})", re.IGNORECASE),
    # a URL with a user and a password
    re.compile(r"(\w://[^\s/@:]*:)([^\s/@]+)(?=@)"),
    re.compile(r"((?:authorization\s*[:=]\s*)?\b(?:bearer|basic)\s+)([\w.~+/=-]{6,})", re.I),
    re.compile(r"(\b(?:set-)?cookie\s*[:=]\s*)([^\n]+)", re.IGNORECASE),
    # HAProxy's userlists and statistics
    re.compile(r"(\buser\s+\S+\s+(?:insecure-)?password\s+)(\S+)"),
    re.compile(r"(\bstats\s+auth\s+[^\s:]+:)(\S+)"),
    # of MySQL: in SQL, and behind -p of its programs
    re.compile(rf"(\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+)({_VALUE})", re.IGNORECASE),
    re.compile(r"(\b(?:mysql|mariadb)\w*\b[^\n]*?\s-p)([^\s]+)"),
)
_HINT = re.compile(
    r"pass|pwd|secret|token|credential|key|://|bearer|basic|cookie|auth|identified|\s-p\S",
    re.IGNORECASE,
)


class Redactor:
    """Callable: a text without secrets. ``secrets`` are known ones, taken out wherever they are."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= LEAST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MARK, text)
        if _HINT.search(text):
            for pattern in _PATTERNS:
                text = pattern.sub(rf"\g<1>{MARK}", text)
        return text

    def everywhere(self, value: Any) -> Any:  # noqa: ANN401 - whatever json takes
        """``value``, as json takes it, with every text in it redacted, also as a key."""
        return in_every_text(self, value)


def in_every_text(redact: Callable[[str], str], value: Any) -> Any:  # noqa: ANN401 - whatever json takes
    """``value``, as json takes it, with ``redact`` applied to every text in it, also to keys."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): in_every_text(redact, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_every_text(redact, each) for each in value]
    return value


def secrets_in(text: str) -> set[str]:
    """The values in ``text``, a unit file say, of what is called a password, token or the like."""
    found = {
        match[2].strip("\\\"'")
        for match in _ASSIGNED.finditer(text)
        if _SECRET_NAME.fullmatch(match[1].rstrip(" \t:=\\\"'"))
    }
    # of ${PASSWORD} only the name is known
    return {value for value in found if not value.startswith("$") and "%" not in value}


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """The values of variables that are called so."""
    return {value for name, value in environment.items() if _SECRET_NAME.fullmatch(name)}
