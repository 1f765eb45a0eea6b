"""The table of fault kinds: everything about a kind that does not depend on where it is injected.

Faults, bounds, recovery, steps, the report and the terminal read it. A new kind is a row here, a
fault in ``scenario/faults/`` with its line in the catalogue, and its bounds in
``judgement/bounds.py``. Undoing a fault is a kind of its own where the recovery from it is
followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_cna.core.stages import BACK, JOINED, MOVED, RESTARTED, SILENT, STARTED, STOPPED, Stage

POWER_CUT = "power cut"
"""Capability of a provider: cut a machine's power without a shutdown, and start it again with its
disk."""
PARTITION = "partition"
"""Capability of a provider: cut a running machine off from all others, and reconnect it."""


@dataclass(frozen=True, slots=True, eq=False)
class FaultKind:
    """A kind of fault, or of undoing one. Each is equal to itself only."""

    name: str
    """The name in the timeline, the report and messages, such as ``container kill``."""
    hits: Literal["unit", "container", "machine"]
    """What kind of thing the fault hits."""
    stages: tuple[Stage, ...]
    """The stages of the recovery, in order; a unit that is not announced or routed has fewer. Empty
    for a kind whose recovery is not followed."""
    done: str
    """Part of a sentence: what was done; ``{}`` stands for the service with its article."""
    back: str = "back in full strength after"
    """Part of a sentence: what was reached with the last stage."""
    requires: frozenset[str] = frozenset()
    """Capabilities that the provider needs."""
    moves: bool = False
    """Whether fleet has to place the units on another machine."""
    gone: bool = False
    """Whether the instance stays out of service until the fault is undone."""
    undone_as: FaultKind | None = None
    """The kind that undoing it is, where the recovery from that is followed."""
    like: FaultKind | None = None
    """For a kind of your own that has stages: the kind of the table whose bounds they have."""
    sentence: str = ""
    """How a step says it: ``the container of {} is killed``, where ``{}`` stands for the service
    with its article. A kind without has no step."""
    meaning: str = ""
    """What that step does, for the documentation."""

    @property
    def undoing(self) -> bool:
        """Whether it undoes another kind: its times are then no recovery from a fault."""
        return any(each.undone_as is self for each in FAULT_KINDS.values())

    @property
    def configures(self) -> bool:
        """Whether one of its stages is seen in the application's configuration only."""
        return any(stage.seen == "configuration" for stage in self.stages)

    @property
    def of_machine(self) -> bool:
        """Whether the recovery of the machine is followed, instead of that of a unit on it."""
        return self.hits == "machine" and not self.moves

    def __str__(self) -> str:
        return self.name


SERVICE_START = FaultKind(
    "service start",
    "unit",
    STARTED,
    "{} was started",
    sentence="{} is started",
    meaning="Start the unit that was stopped.",
)
SERVICE_STOP = FaultKind(
    "service stop",
    "unit",
    STOPPED,
    "{} was stopped",
    "out of service after",
    gone=True,
    undone_as=SERVICE_START,
    sentence="{} is stopped",
    meaning="Stop one unit of the service by fleet, and wait until systemd has stopped it.",
)
CONTAINER_KILL = FaultKind(
    "container kill",
    "container",
    RESTARTED,
    "{}'s container was killed",
    sentence="the container of {} is killed",
    meaning="Kill the container of one unit of the service (SIGKILL); systemd has to restart it.",
)
CONTAINER_RESUME = FaultKind(
    "container resume",
    "container",
    BACK,
    "{}'s container went on",
    sentence="the container of {} is resumed",
    meaning="Let the paused container go on.",
)
CONTAINER_PAUSE = FaultKind(
    "container pause",
    "container",
    SILENT,
    "{}'s container was paused",
    "out of service after",
    gone=True,
    undone_as=CONTAINER_RESUME,
    sentence="the container of {} is paused",
    meaning="Pause the container of one unit of the service: its processes stand still.\n"
    "Its machine lets it go on two minutes after the longest bound, even if this run is killed.",
)
MACHINE_RETURN = FaultKind(
    "machine return",
    "machine",
    (JOINED,),
    "the lost machine returned",
    "back in the cluster after",
    sentence="the lost machine returns",
    meaning="Give the lost machine power again.",
)
MACHINE_LOSS = FaultKind(
    "machine loss",
    "machine",
    MOVED,
    "the machine of {} was lost",
    requires=frozenset({POWER_CUT}),
    moves=True,
    undone_as=MACHINE_RETURN,
    sentence="the machine of {} is lost",
    meaning="Cut the power of the machine that runs the chosen unit of the service.",
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
"""Name → kind, in the order of the report."""


def fault_kind(name: str) -> FaultKind:
    """The kind of that name.

    A name that is not in the table, as in the report of another version, gives a kind with no more
    than its name.
    """
    words = name.replace("{", "{{").replace("}", "}}")
    return FAULT_KINDS.get(name) or FaultKind(name, "unit", (), f"{words} of {{}}")
