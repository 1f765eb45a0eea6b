"""Statuses: how a scenario or a step can end. All files of the report, and the page, read them.

A new status is a row here and its name in ``schema.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Coverage = Literal["proven", "failed", "broken", "untried"]
"""What is known of a fault that can hit a service."""


@dataclass(frozen=True, slots=True)
class Status:
    """One way to end."""

    name: str
    """Its name in ``report.json`` and everywhere else."""
    mark: str
    """Its sign in the job's summary."""
    meaning: str
    """What it means, as the end of a sentence."""
    icon: Literal["tick", "cross", "warning", "question", "dash"]
    """Its icon on the page."""
    colour: Literal["good", "bad", "broken", "undefined", "skipped"]
    """Its colour on the page, a variable of the style."""
    junit: Literal["", "failure", "error", "skipped"]
    """Its element in JUnit's XML; empty for a case without one."""
    cucumber: Literal["passed", "failed", "skipped", "undefined"]
    """Its nearest status in Cucumber's formats."""
    coverage: Coverage
    """What a fault counts as that was injected in a scenario that ended so."""
    judged: bool = True
    """Whether it counts among the scenarios that were to be judged."""
    bad: bool = False
    """Whether a reader has to look at it."""
    ended: str = ""
    """Of a bad one: what such a scenario did, as the end of a sentence."""
    heading: str = ""
    """Of a bad one: the title of its reason on the page."""

    @property
    def slug(self) -> str:
        """Its name as a part of ids and classes of the page."""
        return self.name.replace(" ", "-")

    def message(self, text: str) -> str:
        """``text`` for a viewer of Cucumber's formats, which may not know this status."""
        return text if self.cucumber == self.name else f"{self.meaning}: {text}"

    def __str__(self) -> str:
        return self.name


PASSED = Status(
    name="passed",
    mark="✅",
    meaning="everything held",
    icon="tick",
    colour="good",
    junit="",
    cucumber="passed",
    coverage="proven",
)
FAILED = Status(
    name="failed",
    mark="❌",
    meaning="the product failed",
    icon="cross",
    colour="bad",
    junit="failure",
    cucumber="failed",
    coverage="failed",
    bad=True,
    ended="failed",
    heading="What broke",
)
BROKEN = Status(
    name="broken",
    mark="⚠️",
    meaning="could not be judged",
    icon="warning",
    colour="broken",
    junit="error",
    cucumber="failed",
    coverage="broken",
    bad=True,
    ended="could not be judged",
    heading="Why it could not be judged",
)
UNDEFINED = Status(
    name="undefined",
    mark="❔",
    meaning="not implemented",
    icon="question",
    colour="undefined",
    junit="error",
    cucumber="undefined",
    coverage="untried",
    bad=True,
    ended="lacked a step",
    heading="What is missing",
)
SKIPPED = Status(
    name="skipped",
    mark="⏭️",
    meaning="was not tried",
    icon="dash",
    colour="skipped",
    junit="skipped",
    cucumber="skipped",
    coverage="untried",
    judged=False,
)
NOT_APPLICABLE = Status(
    name="not applicable",
    mark="🚫",
    meaning="not applicable here",
    icon="dash",
    colour="skipped",
    junit="skipped",
    cucumber="skipped",
    coverage="untried",
    judged=False,
)

STATUSES = {
    status.name: status for status in (PASSED, FAILED, BROKEN, SKIPPED, UNDEFINED, NOT_APPLICABLE)
}
"""Name → status, in the order of summaries."""
WORST_FIRST = tuple(sorted(STATUSES.values(), key=lambda status: not status.bad))
"""All statuses, those that need attention first."""


def status_named(name: object) -> Status:
    """The status of that name. Raises ValueError for a name that is not in the table."""
    found = STATUSES.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"{name!r} is no status; known are {', '.join(STATUSES)}")
    return found


def is_bad(name: str) -> bool:
    """Whether a status needs attention, by its name; one of another version does."""
    return name not in STATUSES or STATUSES[name].bad
