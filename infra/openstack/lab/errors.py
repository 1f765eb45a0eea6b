"""What can go wrong with the lab; each message is a sentence for the person who runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LabError(Exception):
    """The lab cannot be started or ended: exit status 1.

    Names the service or the step; with ``log``, carries the last lines of that file.
    """

    def __init__(self, what: str, log: Path | None = None) -> None:
        words = what
        if log is not None:
            words += f"; its log ({log}) ends:\n{tail(log)}"
        super().__init__(words)


class UsageError(LabError):
    """An option, a folder or this computer is not as the lab needs it; nothing was created: exit
    status 4."""


class WaitTimeout(LabError):
    """What was waited for did not come before its deadline."""


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log, indented; says so when there is nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError as error:
        text = f"(unreadable: {error})"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (nothing)"
