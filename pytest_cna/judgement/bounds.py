"""Bounds: how long each stage of a recovery may take, computed from the deployment. Pure functions.

A stage has terms of its own, which count from the stage that causes it, and those of the whole way
since the fault. The terms come from the deployment's own files and settings, from the documentation
of its parts, or were measured at launch; a longer constant in a unit file gives a longer bound, and
the table shows which constant it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
)
from pytest_cna.core.stages import (
    ANNOUNCED,
    DROPPED,
    ENDED,
    JOINED,
    NAMED,
    NOTICED,
    ROUTED,
    RUNNING,
    SCHEDULED,
    SERVING,
    UNROUTED,
    WITHDRAWN,
)
from pytest_cna.deployment.x_fleet import peers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.terms import Term, TimeTerms

    Terms = Mapping[Stage, Sequence[Term]]


@dataclass(frozen=True)
class Bound:
    """How long one stage may take: the sum of ``terms`` since the fault, of which ``own`` count
    from ``cause``, the stage that causes it; ``cause`` is None when the fault itself does."""

    stage: Stage
    cause: Stage | None
    terms: tuple[Term, ...]
    own: tuple[Term, ...]

    @cached_property
    def seconds(self) -> float:
        return sum(term.seconds for term in self.terms)

    @cached_property
    def own_seconds(self) -> float:
        return sum(term.seconds for term in self.own)

    @property
    def dominated_by(self) -> Term:
        return max(self.terms, key=lambda term: term.seconds)

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s = {sum_of(self.terms)}"


def sum_of(terms: Sequence[Term]) -> str:
    """The terms as text: ``RestartSec of cache 0.5 + start of cache 1.2``."""
    return " + ".join(f"{term.name} {term.seconds:.1f}" for term in terms)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a fault met, as far as bounds depend on it."""

    leader_lost: bool = False
    """The machine that is lost was etcd's leader, whose successor has to be elected and renews
    every lease once."""
    together: int = 1
    """So many containers of the lost machine have to start elsewhere, at worst all on one."""
    answered: float = 0.0
    """Seconds a customer waited for an answer before the first fault, at worst."""
    taken: float = 0.0
    """Seconds until the fault was in effect. They count for a container, where a command on the
    machine does it, which is slow on a slow machine."""


CALM = Circumstances()


def bounds(
    kind: FaultKind,
    unit: DeployedUnit | None,
    terms: TimeTerms,
    circumstances: Circumstances = CALM,
) -> dict[Stage, Bound]:
    """Stage → bound, in the order of the kind's stages, for a fault of ``kind`` that hits ``unit``;
    None where only a machine is followed.

    Only those stages that the unit has; none for a kind that names none. Raises ConfigurationError
    for a kind with stages that no function here and no ``like`` gives bounds to.
    """
    if not kind.stages:
        return {}
    made = BOUNDS.get(kind.like or kind)
    if made is None:
        raise ConfigurationError(
            f"the fault kind '{kind}' has stages ({', '.join(map(str, kind.stages))}) but no "
            "bounds for them: name a kind with the same bounds as its 'like', or give it no stages"
        )
    own = made(cast("DeployedUnit", unit), terms, circumstances)
    if kind.hits == "container":
        injection = terms.injection(kind, circumstances.taken)
        own = {s: [*([] if _cause(s, own) else [injection]), *more] for s, more in own.items()}
    found: dict[Stage, Bound] = {}
    for stage, more in own.items():
        cause = _cause(stage, own)
        before = found[cause].terms if cause else ()
        found[stage] = Bound(stage, cause, (*before, *more), tuple(more))
    return {
        stage: _from_followed(found[stage], found, kind.stages)
        for stage in kind.stages
        if stage in found
    }


def _from_followed(bound: Bound, found: Mapping[Stage, Bound], stages: Sequence[Stage]) -> Bound:
    """The same bound, counted from a stage that is followed: a kind may leave out some."""
    cause, own = bound.cause, bound.own
    while cause is not None and cause not in stages:
        skipped = found[cause]
        cause, own = skipped.cause, (*skipped.own, *own)
    return replace(bound, cause=cause, own=own)


def _cause(stage: Stage, known: Terms) -> Stage | None:
    return next((cause for cause in stage.causes if cause in known), None)


def _container_kill(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    # Docker reports the death before the command that kills has returned
    running = {NOTICED: [], RUNNING: [c.run_ends, c.restart(unit), c.start(unit.service)]}
    return running | _return(unit, c, given)


def _service_stop(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    ended = [c.agent_pass, c.stopping(unit)]
    stopped = {NOTICED: [*ended, c.fleet_poll]}
    if (
        unit.container and unit.up_with is ContainerStarted
    ):  # what is only created may stay, with what it holds
        stopped[ENDED] = ended
    if c.deployment.sidekick_of(unit) is None:
        return stopped  # no file says how long its entry outlives it
    return stopped | {WITHDRAWN: [c.withdrawal]} | _gone(unit, c)


def _container_pause(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    sidekick = c.deployment.sidekick_of(unit)
    if sidekick is None:
        return {}
    return {WITHDRAWN: [c.probe_failures(sidekick), c.withdrawal]} | _gone(unit, c)


def _container_resume(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    return _return(unit, c, given, restarted=False)


def _service_start(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    return {RUNNING: [c.agent_pass, c.start(unit.service)]} | _return(unit, c, given)


def _machine_loss(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    lease = c.engine_lease if c.engine_lease.seconds > c.agent_ttl.seconds else c.agent_ttl
    election = [c.election] if given.leader_lost else []
    starts = [c.start(unit.service)] * given.together
    return {
        NOTICED: [*election, lease, c.expiry, c.fleet_poll],
        SCHEDULED: [*[c.engine_pass] * _passes(unit, c), c.fleet_poll],
        RUNNING: [c.agent_pass, *starts],
    } | _return(unit, c, given, [c.engine_pass, c.agent_pass])


def _machine_return(unit: DeployedUnit, c: TimeTerms, given: Circumstances) -> Terms:
    # fleet registers a machine only when the registration before the loss has expired
    return {JOINED: [c.boot, c.agent_ttl, c.expiry, c.fleet_poll]}


def _return(
    unit: DeployedUnit,
    c: TimeTerms,
    given: Circumstances,
    sidekick_placed: Sequence[Term] = (),
    *,
    restarted: bool = True,
) -> dict[Stage, list[Term]]:
    """What comes after the container runs. ``sidekick_placed``: what its sidekick waits for on a
    new machine; ``restarted``: the sidekick was started again too."""
    service = unit.service
    if not service.announced:
        return {}
    sidekick = c.deployment.sidekick_of(unit)
    announced = [c.answer(service)]
    if sidekick:
        restart = [c.restart(sidekick)] if restarted else []
        announced = [*sidekick_placed, *restart, *announced, c.probe(sidekick), c.announcement]
    routed = [c.rendering, c.checked_up, c.routing_poll] if service.backend else []
    found = {ANNOUNCED: announced}
    if service.backend:
        found[ROUTED] = routed
    configured = [] if service.backend or service.stats_port else [c.rendering]
    found[SERVING] = [
        *announced,
        *routed,
        *configured,
        c.next_request,
        c.slowest_answer(given.answered),
    ]
    if configured:
        found[NAMED] = [*configured, c.configuration_poll]
    return found


def _gone(unit: DeployedUnit, c: TimeTerms) -> dict[Stage, list[Term]]:
    """When the readers of discovery have followed: HAProxy for a routed service, the application's
    configuration for one that the application uses itself."""
    if unit.service.backend:
        return {UNROUTED: [c.rendering, c.routing_poll]}
    return {} if unit.service.stats_port else {DROPPED: [c.rendering, c.configuration_poll]}


def _passes(unit: DeployedUnit, c: TimeTerms) -> int:
    """Engine passes until it is placed: one for itself, one for each unit it waits for in a row."""
    leading = peers(unit.file, unit.name)
    leaders = [other for other in c.deployment.units if other.name in leading]
    return 1 + max((_passes(leader, c) for leader in leaders), default=0)


BOUNDS = {
    CONTAINER_KILL: _container_kill,
    CONTAINER_PAUSE: _container_pause,
    CONTAINER_RESUME: _container_resume,
    SERVICE_STOP: _service_stop,
    SERVICE_START: _service_start,
    MACHINE_LOSS: _machine_loss,
    MACHINE_RETURN: _machine_return,
}
"""Kind → the terms of its stages, each counted from the stage that causes it."""
