"""Redaction: known secrets, and text that looks like one, are removed before a text is written.
Pure functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MARK = "[redacted]"
LEAST = 6
"""Least characters of a known secret; a shorter one would also match ordinary words."""

_KEY = (
    r"[\w.-]*(?:password|passwd|passphrase|_pass\b|pgpass|_pwd\b|secret|token|credential|api[_-]?key"
    r"|access[_-]?key|private[_-]?key)[\w.-]*"
)
_SECRET_NAME = re.compile(
    r"[\w.-]*(?:password|passwd|passphrase|_pass|pgpass|_pwd|secret|token|credentials?|api[_-]?key"
    r"|access[_-]?key|private[_-]?key)",
    re.IGNORECASE,
)
"""Names of values that are secrets; ``PASSWORD_FILE`` is the name of a file, not of a secret."""
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
    """Callable that removes secrets from a text; ``secrets`` are known ones, removed wherever they
    occur."""

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
        """``value``, any JSON data, with each text in it redacted, keys included."""
        return in_every_text(self, value)


def in_every_text(redact: Callable[[str], str], value: Any) -> Any:  # noqa: ANN401 - whatever json takes
    """``value``, any JSON data, with ``redact`` applied to each text in it, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): in_every_text(redact, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_every_text(redact, each) for each in value]
    return value


def secrets_in(text: str) -> set[str]:
    """The values in ``text``, such as a unit file, whose names say password, token or the like."""
    found = {
        match[2].strip("\\\"'")
        for match in _ASSIGNED.finditer(text)
        if _SECRET_NAME.fullmatch(match[1].rstrip(" \t:=\\\"'"))
    }
    # ${PASSWORD} is a reference, not the secret
    return {value for value in found if not value.startswith("$") and "%" not in value}


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """The values of environment variables whose names say password, token or the like."""
    return {value for name, value in environment.items() if _SECRET_NAME.fullmatch(name)}
