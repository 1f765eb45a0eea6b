"""The schedules that are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from schedules import CHECKS, Op, Schedule
from small_deployments import FILES, deployment

from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_STOP,
)
from pytest_cna.testing import DEFECTS

if TYPE_CHECKING:
    from pytest_cna.core.fault_kinds import FaultKind

INJECTED = (CONTAINER_KILL, SERVICE_STOP, CONTAINER_PAUSE, MACHINE_LOSS)

WITHIN = {
    "start": (0.1, 0.4, 0.95),
    "end": (0.05, 0.5, 0.95),
    "stop": (0.05, 0.2, 1.0),
    "answer": (0.05, 0.3, 0.6),
    "render": (0.0, 0.2, 0.9),
    "agent": (0.1, 1.0, 4.5),
    "engine": (0.1, 0.9),
    "election": (0.2, 0.8, 1.9),
    "boot": (1.0, 4.0, 7.0),
    "jitter": (0.3, 0.9),
}
"""Delay → values within what bounds are computed from."""
BEYOND = {
    "start": (1.6, 4.0),
    "end": (3.0,),
    "stop": (6.0,),
    "answer": (3.0, 8.0),
    "render": (3.0, 12.0),
    "agent": (9.0,),
    "engine": (4.0,),
    "election": (5.0,),
    "boot": (30.0,),
    "lease": (20.0, 60.0),
}
"""Delay → values beyond that."""

LEAST = {"flapping": 1.0, "entry vanishes": 1.0}
"""Defect → its least value: what changes faster than observers look is seen by chance."""

SECONDS = st.one_of(
    st.sampled_from((0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)),
    st.floats(0.0, 12.0).map(lambda seconds: round(seconds, 1)),
)


def _services(name: str, *, announced: bool = False) -> list[str]:
    services = deployment(name).services
    return [each.called for each in services if each.announced or not announced]


@st.composite
def delays(draw: st.DrawFn, lawful: bool) -> Op:
    name = draw(st.sampled_from(sorted(WITHIN if lawful else WITHIN | BEYOND)))
    values = WITHIN.get(name, ()) + (() if lawful else BEYOND.get(name, ()))
    return Op("delay", name, value=draw(st.sampled_from(values)))


@st.composite
def defects(draw: st.DrawFn, on: str) -> Op:
    """From now on, or later; for good, or for a while."""
    kind = DEFECTS[draw(st.sampled_from(sorted(DEFECTS)))]
    what = draw(st.sampled_from(_services(on))) if kind.on == "unit" else ""
    value = 0.0
    if kind.value is not None and draw(st.booleans()):
        value = max(LEAST.get(kind.name, 0.1), draw(SECONDS))
    after = draw(SECONDS) if draw(st.integers(0, 3)) == 3 else 0.0
    lasting = max(0.1, draw(SECONDS)) if draw(st.integers(0, 2)) == 2 else 0.0
    return Op("defect", kind.name, what, value, after, lasting)


@st.composite
def steps(draw: st.DrawFn, kind: FaultKind) -> list[Op]:
    """Some of the stages in order, then some checks; at times a wait between."""
    found: list[Op] = []
    for stage in kind.stages:
        if draw(st.integers(0, 2)) == 2:
            found.append(Op("stage", stage.name))
        elif draw(st.integers(0, 7)) == 7:
            found.append(Op("wait", value=draw(SECONDS)))
    found += [Op("check", each) for each in CHECKS if draw(st.integers(0, 4)) == 4]
    return found


@st.composite
def changes(draw: st.DrawFn, on: str) -> list[Op]:
    """A fault with its steps, undone or not."""
    kind = draw(st.sampled_from(INJECTED))
    hit = _services(on, announced=kind is CONTAINER_KILL or kind is CONTAINER_PAUSE)
    ops = [Op("fault", kind.name, draw(st.sampled_from(hit)))]
    if draw(st.integers(0, 15)) == 15:
        ops.append(Op("own fault"))
    if draw(st.integers(0, 3)) == 3:
        ops.append(Op("wait", value=draw(SECONDS)))
    ops += draw(steps(kind))
    if kind.undone_as is not None and draw(st.booleans()):
        ops.append(Op("undo"))
        if draw(st.integers(0, 3)) == 3:
            ops.append(Op("wait", value=draw(SECONDS)))
        ops += draw(steps(kind.undone_as))
    return ops


@st.composite
def schedules(draw: st.DrawFn, *, lawful: bool = False, faults: int = 3) -> Schedule:
    """One to ``faults`` faults. ``lawful``: no defect, and every delay within what bounds are
    computed from."""
    on = draw(st.sampled_from(sorted(FILES)))
    ops: list[Op] = []
    for _ in range(draw(st.integers(1, faults))):
        ops += draw(st.lists(delays(lawful), max_size=2))
        if not lawful:
            ops += draw(st.lists(defects(on), max_size=2))
        ops += draw(changes(on))
    return Schedule(on, tuple(ops))
