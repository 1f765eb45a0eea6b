"""Errors of the lab; each message is a sentence for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LabError(Exception):
    """The lab cannot be started or ended: exit status 1.

    The message names the service or the step and, with ``log``, has the last lines of that file.
    """

    def __init__(self, what: str, log: Path | None = None) -> None:
        words = what
        if log is not None:
            words += f"; its log ({log}) ends:\n{tail(log)}"
        super().__init__(words)


class UsageError(LabError):
    """An option, a folder or this computer does not fit; nothing was created: exit status 4."""


class WaitTimeout(LabError):
    """A condition was not met before its deadline."""


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log, indented, or a note that it is empty."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError as error:
        text = f"(unreadable: {error})"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (nothing)"
