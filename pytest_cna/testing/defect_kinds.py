"""The table of defects that the product of a simulated cluster may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_cna.core.links import (
    APPLICATION,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
    Link,
)

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class DefectKind:
    """A row of the table."""

    name: str
    link: Link
    """The link of the chain that is broken."""
    meaning: str
    """What happens, as a sentence about ``it``: what the defect is switched on for."""
    value: float | None = None
    """The number that it takes, and its default; None for a defect that takes none."""
    on: Literal["unit", "machine", "cluster"] = "unit"
    """What it is switched on for: a unit or all units of a service, a machine, or the cluster."""


DEFECTS = {
    kind.name: kind
    for kind in (
        DefectKind("never scheduled", SCHEDULER, "fleet does not place it on another machine"),
        DefectKind("unscheduled", SCHEDULER, "fleet takes its placement back, for nothing"),
        DefectKind("no state row", SCHEDULER, "fleet's list of states has no row of it"),
        DefectKind("fleet unable", SCHEDULER, "fleet answers with HTTP 503", on="cluster"),
        DefectKind(
            "agent ttl longer",
            SCHEDULER,
            "fleet drops a silent machine so many seconds later than its settings say",
            10.0,
            on="cluster",
        ),
        DefectKind("never running", SUPERVISOR, "its start never ends"),
        DefectKind("never restarted", SUPERVISOR, "it stays failed when its container has ended"),
        DefectKind(
            "dies after start",
            SUPERVISOR,
            "its container dies so many seconds after each start",
            2.0,
        ),
        DefectKind("stop hangs", SUPERVISOR, "its stop takes so many seconds more", 30.0),
        DefectKind("outlives stop", SUPERVISOR, "its container runs on when it is stopped"),
        DefectKind("unbound", SUPERVISOR, "its sidekick runs on while it is away"),
        DefectKind(
            "units revive",
            SUPERVISOR,
            "its units start by themselves when it gets power again, and fleet does not stop them",
            on="machine",
        ),
        DefectKind("no container", ENGINE, "it is active, and Docker has no container of it"),
        DefectKind(
            "containers revive",
            ENGINE,
            "its Docker starts the old containers when it gets power again, for so many seconds",
            FOREVER,
            on="machine",
        ),
        DefectKind(
            "clock set back", ENGINE, "its clock goes back by so many seconds", 5.0, on="machine"
        ),
        DefectKind("mute", APPLICATION, "its container runs and never answers"),
        DefectKind(
            "flapping",
            APPLICATION,
            "it answers for so many seconds, then does not for as long, and so on",
            2.0,
        ),
        DefectKind("sick", APPLICATION, "it passes every check, and customers get HTTP 500 of it"),
        DefectKind("slow", APPLICATION, "one answer of it in twenty takes so many seconds", 3.0),
        DefectKind("errors", APPLICATION, "one answer of it in so many is HTTP 503", 3.0),
        DefectKind(
            "overloaded",
            APPLICATION,
            "each instance of it answers so many requests a second, and others with HTTP 503",
            4.0,
        ),
        DefectKind("refuses records", APPLICATION, "it answers HTTP 500 to what creates a record"),
        DefectKind(
            "loses records",
            APPLICATION,
            "the first so many records of each customer are gone",
            1.0,
            on="cluster",
        ),
        DefectKind("never announced", REGISTRY, "its sidekick does not announce it"),
        DefectKind("never withdrawn", REGISTRY, "its sidekick does not withdraw its entry"),
        DefectKind("keeps announcing", REGISTRY, "its entry stays though the probe fails"),
        DefectKind("announces early", REGISTRY, "its sidekick announces it without a probe"),
        DefectKind("announces twice", REGISTRY, "its sidekick writes two entries for it"),
        DefectKind(
            "entry vanishes",
            REGISTRY,
            "its entry goes every so many seconds, until the next probe",
            2.0,
        ),
        DefectKind("long lease", REGISTRY, "its entry lives so many seconds unrenewed", 60.0),
        DefectKind("no leader", REGISTRY, "etcd has no leader and elects none", on="cluster"),
        DefectKind("never rendered", RENDERER, "its confd writes nothing new"),
        DefectKind("never reloaded", ROUTER, "its HAProxy does not follow what its confd writes"),
        DefectKind("no check", ROUTER, "its HAProxy does not check its servers"),
        DefectKind("checks pass", ROUTER, "its HAProxy's checks find every server up"),
        DefectKind("checks fail", ROUTER, "its HAProxy's checks find every server down"),
    )
}
"""Name → kind, in the order of the chain."""


def defect_kind(name: str) -> DefectKind:
    """Raises LookupError with all names."""
    if name not in DEFECTS:
        raise LookupError(f"no defect is called '{name}'; there are {', '.join(DEFECTS)}")
    return DEFECTS[name]
