"""The stages that have to be judged after a fault, so that none is passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerStarted

if TYPE_CHECKING:
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment


def expected_stages(kind: str, unit: DeployedUnit | None, deployment: Deployment) -> set[str]:
    """Names, for a kind of the table; empty for one of your own. How long an entry outlives an
    instance without a sidekick no file says, so that its end is not judged."""
    if unit is None:
        return {"joined"} if kind == "machine return" else set()
    service = unit.service
    used = service.announced and not service.backend and not service.stats_port
    configured = used and any(each.code for each in deployment.services)
    back = {"announced", "serving"} if service.announced else set()
    back |= {"routed"} if service.backend else set()
    gone: set[str] = set()
    if service.announced and deployment.sidekick_of(unit):
        gone = {"withdrawn"} | ({"unrouted"} if service.backend else set())
    ended = {"ended"} if unit.container and unit.up_with is ContainerStarted else set()
    return {
        "container kill": {"noticed", "running", *back},
        "machine loss": {"noticed", "scheduled", "running", *back},
        "service start": {"running", *back, *(["named"] if configured else [])},
        "container resume": back,
        "container pause": gone,
        "service stop": {"noticed", *ended, *gone, *(["dropped"] if configured and gone else [])},
    }.get(kind, set())
