"""A schedule: what is done to a simulated deployment and what is asked of the judge, in order.

Everything is an operation in one list, so that a smaller schedule is one with operations left out
and numbers halved, and reads as a story.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast, get_args

from small_deployments import FILES, deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

What = Literal["delay", "defect", "mend", "fault", "own fault", "undo", "wait", "stage", "check"]

CHECKS = (
    "all placed",
    "one entry",
    "routing",
    "no unit twice",
    "quorum",
    "no failure",
    "no loss",
)


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. ``name``: of a delay, a defect, a kind of fault, a stage, a check. ``on``: the
    word of a service, for a fault or a defect. ``value``: seconds to wait, a delay, the value of a
    defect. ``after`` and ``lasting``: seconds, of a defect; it lasts for good when that is 0."""

    what: What
    name: str = ""
    on: str = ""
    value: float = 0.0
    after: float = 0.0
    lasting: float = 0.0

    def __str__(self) -> str:
        numbers = [f"{self.value:g}"] if self.value else []
        numbers += [f"after {self.after:g} s"] if self.after else []
        numbers += [f"for {self.lasting:g} s"] if self.lasting else []
        return " ".join(filter(None, [self.what, self.name, self.on, *numbers]))


@dataclass(frozen=True, slots=True)
class Schedule:
    """``deployment``: a name of small_deployments."""

    deployment: str
    ops: tuple[Op, ...]

    def __str__(self) -> str:
        return "\n".join([f"deployment {self.deployment}", *map(str, self.ops)])

    def to_json(self) -> str:
        """One operation a line: what it has, in the order of Op's fields."""
        rows = [[getattr(op, field) for field in Op.__slots__] for op in self.ops]
        lines = ",\n".join(f"  {json.dumps(_short(row))}" for row in rows)
        return f'{{"deployment": {json.dumps(self.deployment)}, "ops": [\n{lines}\n]}}\n'


def from_json(text: str) -> Schedule:
    """Raises ValueError for an operation that there is not."""
    read = json.loads(text)
    ops = tuple(Op(*row) for row in read["ops"])
    for op in ops:
        if op.what not in get_args(What):
            raise ValueError(f"no operation is called '{op.what}'")
    return Schedule(read["deployment"], ops)


def _short(row: list[object]) -> list[object]:
    """Without the empty fields at its end."""
    while row and row[-1] in {"", 0.0}:
        row = row[:-1]
    return row


def smaller(schedule: Schedule) -> Iterator[Schedule]:
    """Simpler schedules, the boldest first: halves, single operations, numbers, deployments."""
    ops = schedule.ops
    size = len(ops) // 2
    while size >= 1:
        for at in range(0, len(ops), size):
            yield replace(schedule, ops=ops[:at] + ops[at + size :])
        size //= 2
    for number, op in enumerate(ops):
        for field in ("value", "after", "lasting"):
            now = cast("float", getattr(op, field))
            for then in (0.0, 1.0, float(int(now)), round(now / 2, 2)):
                if then < now - 0.05:
                    changed = replace(op, **{field: then})  # type: ignore[arg-type]
                    yield replace(schedule, ops=(*ops[:number], changed, *ops[number + 1 :]))
    wanted = {op.on for op in ops if op.on}
    for name in FILES:
        if name == schedule.deployment:
            break
        if wanted <= {service.called for service in deployment(name).services}:
            yield replace(schedule, deployment=name)


def shrink(
    schedule: Schedule, still: Callable[[Schedule], bool], budget: int = 80
) -> tuple[Schedule, int]:
    """The smallest schedule found that ``still`` holds for, and how many were tried, at most
    ``budget``."""
    tried = 0
    found = True
    while found:
        found = False
        for candidate in smaller(schedule):
            if tried == budget:
                return schedule, tried
            tried += 1
            if still(candidate):
                schedule, found = candidate, True
                break
    return schedule, tried
