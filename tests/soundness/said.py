"""One verdict of the judge, held against those that the oracle finds fair."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happenings import Followed
    from oracle import Oracle


@dataclass
class Said:
    """Times are monotonic seconds."""

    what: Literal["stage", "check", "do"]
    """Of a stage, of a check, or that something could not be done."""
    name: str
    outcome: str
    """passed, failed, broken (nobody could look), not awaited, or crashed: an exception that no run
    can make sense of."""
    message: str
    asked: float
    now: float
    """When it was said."""
    kind: str = ""
    """Of the fault before it."""
    followed: Followed | None = None
    displaced: Sequence[Followed] = ()
    """Those of every unit of the machine that was lost last."""
    on: str = ""
    """The word of the service that a fault was to hit."""
    link: str = ""
    """The broken link that was named."""
    at_end: bool = False
    fair: frozenset[str] = field(default_factory=frozenset)

    def hold_against(self, oracle: Oracle) -> None:
        """Set what is fair."""
        self.fair = self._fair(oracle)
        if "not awaited" in self.fair and not self.at_end:
            self.fair |= {"broken"}  # a step cannot say it otherwise

    def _fair(self, oracle: Oracle) -> frozenset[str]:
        if self.what == "do":
            return oracle.not_done(self.name, self.on, self.asked, self.now)
        if self.what == "stage":
            assert self.followed is not None
            return oracle.stage(self.followed, self.name, self.now, self.outcome)
        match self.name:
            case "all placed":
                return oracle.all_placed(self.displaced, self.now)
            case "quorum":
                return oracle.quorum(self.asked, self.now)
            case "unharmed":
                return oracle.unharmed(self.now)
            case "no failure":
                return oracle.no_failure(self.now)
            case "no loss":
                return oracle.no_loss(self.asked, self.now)
        return oracle.check(self.name, self.now)

    @property
    def wrong(self) -> str:
        """The kind of wrong verdict; empty for a fair one."""
        if self.outcome in self.fair:
            return ""
        about = f"{self.name} after {self.kind or 'no fault'}"
        return f"{_WRONG[self.outcome]}: {about}{' at the end' if self.at_end else ''}"

    def __str__(self) -> str:
        return f"{self.wrong or self.outcome}; fair: {', '.join(sorted(self.fair))}\n{self.message}"


_WRONG = {
    "passed": "false green",
    "failed": "false alarm",
    "broken": "wrongly broken",
    "not awaited": "not judged",
    "crashed": "crash",
    "missing": "false green (not followed)",
}
