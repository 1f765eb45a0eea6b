"""Stages: what a recovery reaches, one after the other, on its way along the chain of links.

Bounds, judgement, steps, ``expect``, the page, diagnosis and the documentation all read these rows.
A new stage is a row here, with its place on the ways, a function in ``judgement/`` (in
``instance_stages.py`` or ``service_stages.py``) and its term in ``judgement/bounds.py``.

Stages are a partial order: what a stage may take counts from the stages that cause it, not from
whichever was seen last. etcd reports at once what fleet reports only when it is asked, so that
*noticed* may be seen after *withdrawn*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_cna.core.links import (
    APPLICATION,
    CHAIN,
    CONFIGURATION,
    ENGINE,
    REGISTRY,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
    Link,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage of a recovery. A row of the table is equal to itself only."""

    name: str
    link: Link
    """The link that reaches it."""
    meaning: str
    """What is true when it is reached, for readers of the page."""
    sentence: str
    """How a step says it: ``it is announced``."""
    causes: tuple[Stage, ...] = ()
    """The stages that cause it, the nearest first: the first of them that a recovery has counts."""
    gone: bool = False
    """Whether it is reached when the instance is out of service, instead of back in it."""
    seen: Literal["timeline", "customers", "configuration"] = "timeline"
    """Who sees it: observers of the cluster, customers at work, or a look into the application's
    containers."""
    also: tuple[str, ...] = ()
    """Other sentences for it."""

    def __str__(self) -> str:
        return self.name


NOTICED = Stage(
    "noticed",
    SUPERVISOR,
    "systemd saw the container end, or fleet saw the unit stop or the machine go",
    "the end of it is noticed",
)
ENDED = Stage(
    "ended",
    ENGINE,
    "its container has ended",
    "its container has ended",
    gone=True,
)
SCHEDULED = Stage(
    "scheduled",
    SCHEDULER,
    "fleet placed it on another machine",
    "fleet places it on another machine",
    (NOTICED,),
)
RUNNING = Stage(
    "running",
    ENGINE,
    "its container runs",
    "systemd runs it again",
    (SCHEDULED, NOTICED),
)
ANNOUNCED = Stage(
    "announced",
    REGISTRY,
    "its discovery entry exists",
    "it is announced",
    (RUNNING,),
)
ROUTED = Stage(
    "routed",
    ROUTER,
    "each load balancer has it UP",
    "it is routed",
    (ANNOUNCED,),
)
SERVING = Stage(
    "serving",
    APPLICATION,
    "customers get good answers, and go on getting them",
    "it serves customers",
    (RUNNING,),
    seen="customers",
    also=("customers are served", "customers who follow discovery are served"),
)
WITHDRAWN = Stage(
    "withdrawn",
    REGISTRY,
    "its discovery entry is gone",
    "its discovery entry is gone",
    (NOTICED,),
    gone=True,
)
UNROUTED = Stage(
    "unrouted",
    ROUTER,
    "no load balancer routes to it",
    "it is out of routing",
    (WITHDRAWN,),
    gone=True,
)
DROPPED = Stage(
    "dropped",
    CONFIGURATION,
    "the application's configuration no longer names it",
    "the application's configuration no longer names it",
    (WITHDRAWN,),
    gone=True,
    seen="configuration",
)
NAMED = Stage(
    "named",
    CONFIGURATION,
    "the application's configuration names it again",
    "the application's configuration names it again",
    (ANNOUNCED,),
    seen="configuration",
)
JOINED = Stage(
    "joined",
    SCHEDULER,
    "the machine is in fleet's list",
    "it joins the cluster again",
)

STAGES = {
    stage.name: stage
    for stage in (
        NOTICED,
        ENDED,
        SCHEDULED,
        RUNNING,
        ANNOUNCED,
        ROUTED,
        SERVING,
        WITHDRAWN,
        UNROUTED,
        DROPPED,
        NAMED,
        JOINED,
    )
}
"""Name → stage, causes before what they cause."""

# the ways along which recoveries go

BACK = (ANNOUNCED, ROUTED, SERVING)
"""Of an instance that runs, until customers have it back."""
STARTED = (RUNNING, *BACK, NAMED)
RESTARTED = (NOTICED, RUNNING, *BACK)
MOVED = (NOTICED, SCHEDULED, RUNNING, *BACK)
SILENT = (WITHDRAWN, UNROUTED)
"""Of an instance that no longer answers."""
STOPPED = (NOTICED, ENDED, *SILENT, DROPPED)


def gone_from(stages: Iterable[Stage]) -> frozenset[Link]:
    """The links that have to have dropped an instance that is out of service: all that follow it,
    and those that reach ``stages``."""
    followers = (link for link in CHAIN if link.follower)
    return frozenset([*followers, *(stage.link for stage in stages if stage.gone)])


def stage_named(name: str) -> Stage:
    """The stage of that name; for a name that is not in the table, as in the report of another
    version, a stage with no more than its name."""
    return STAGES.get(name) or Stage(name, APPLICATION, "", f"it is {name}")
