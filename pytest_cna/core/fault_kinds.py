"""The table of fault kinds: all that is known of a kind before one is injected.

Faults, bounds, recovery, the report and the terminal read it. A new kind is a row here, a fault in
``scenario/faults/``, its bounds in ``judgement/bounds.py`` and its step. The undoing of a fault is
a kind of its own where a recovery from it is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

POWER_CUT = "power cut"
"""Capability: a machine can be ended without a goodbye and started again with its disk."""
PARTITION = "partition"
"""Capability: a machine that goes on running can be cut off from every other, and let back."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault, or of the undoing of one."""

    name: str
    """As the timeline, the report and messages have it, such as ``container kill``."""
    hits: Literal["unit", "container", "machine"]
    """What the subject of such a fault is."""
    stages: tuple[str, ...]
    """Stages of the recovery, in order; a unit without a sidekick or a backend lacks some."""
    done: str
    """For a sentence: what was done; ``{}`` is the service, with its article."""
    back: str = "back in full strength after"
    """For a sentence: what the time of the last stage is."""
    requires: frozenset[str] = frozenset()
    """Capabilities the provider has to have."""
    moves: bool = False
    """Whether fleet has to place the units on another machine."""
    gone: bool = False
    """Whether the instance is out of service afterwards, until the fault is undone."""
    undone_as: FaultKind | None = None
    """What undoing it is, where a recovery from that is followed."""

    @property
    def undoing(self) -> bool:
        """Whether it is the undoing of another kind: its times are no recovery from a fault."""
        return any(each.undone_as is self for each in FAULT_KINDS.values())

    @property
    def of_machine(self) -> bool:
        """Whether the machine itself is followed, not a unit on it."""
        return self.hits == "machine" and not self.moves

    def __str__(self) -> str:
        return self.name


_BACK = ("announced", "routed", "serving")

SERVICE_START = FaultKind("service start", "unit", ("running", *_BACK, "named"), "{} was started")
SERVICE_STOP = FaultKind(
    "service stop",
    "unit",
    ("noticed", "withdrawn", "unrouted", "dropped"),
    "{} was stopped",
    "out of service after",
    gone=True,
    undone_as=SERVICE_START,
)
CONTAINER_KILL = FaultKind(
    "container kill", "container", ("noticed", "running", *_BACK), "{}'s container was killed"
)
CONTAINER_RESUME = FaultKind("container resume", "container", _BACK, "{}'s container went on")
CONTAINER_PAUSE = FaultKind(
    "container pause",
    "container",
    ("withdrawn", "unrouted"),
    "{}'s container was paused",
    "out of service after",
    gone=True,
    undone_as=CONTAINER_RESUME,
)
MACHINE_RETURN = FaultKind(
    "machine return",
    "machine",
    ("joined",),
    "the lost machine returned",
    "back in the cluster after",
)
MACHINE_LOSS = FaultKind(
    "machine loss",
    "machine",
    ("noticed", "scheduled", "running", *_BACK),
    "the machine of {} was lost",
    requires=frozenset({POWER_CUT}),
    moves=True,
    undone_as=MACHINE_RETURN,
)

FAULT_KINDS = {
    kind.name: kind
    for kind in (
        SERVICE_STOP,
        SERVICE_START,
        CONTAINER_KILL,
        CONTAINER_PAUSE,
        CONTAINER_RESUME,
        MACHINE_LOSS,
        MACHINE_RETURN,
    )
}
"""By name, in the order in which the report lists them."""


def fault_kind(name: str) -> FaultKind:
    """The kind of that name. Of one that is not in the table, as in a report that another version
    wrote, only what its name says."""
    words = name.replace("{", "{{").replace("}", "}}")
    return FAULT_KINDS.get(name) or FaultKind(name, "unit", (), f"{words} of {{}}")
