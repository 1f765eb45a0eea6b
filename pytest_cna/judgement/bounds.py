"""Bounds: how long each stage of a recovery may take, computed from the deployment. Pure functions.

Each stage adds its terms to those of the stages before it. The terms come from the deployment's
own files and settings, from the documentation of its parts, or were measured at launch; a longer
constant in a unit file gives a longer bound, and the table shows which constant it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
)
from pytest_cna.deployment.x_fleet import peers

if TYPE_CHECKING:
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.terms import Term, TimeTerms


@dataclass(frozen=True, slots=True)
class Bound:
    """How long one stage may take: the sum of ``terms`` since the fault; ``own`` are those that the
    stage adds to the stage before it."""

    stage: str
    terms: tuple[Term, ...]
    own: tuple[Term, ...]

    @property
    def seconds(self) -> float:
        return sum(term.seconds for term in self.terms)

    def after(self, previous: float) -> float:
        """Seconds since the fault that the stage may take when the stage before was reached
        ``previous`` seconds after it: time that stage left unused is not added."""
        return min(self.seconds, previous + sum(term.seconds for term in self.own))

    @property
    def dominated_by(self) -> Term:
        return max(self.terms, key=lambda term: term.seconds)

    def __str__(self) -> str:
        sum_of = " + ".join(f"{term.name} {term.seconds:.1f}" for term in self.terms)
        return f"{self.seconds:.1f} s = {sum_of}"


def bounds(
    kind: FaultKind,
    unit: DeployedUnit,
    time_terms: TimeTerms,
    *,
    leader_lost: bool = False,
    together: int = 1,
    answered: float = 0.0,
    taken: float = 0.0,
) -> dict[str, Bound]:
    """Stage → bound, in the order of the stages, for a fault of ``kind`` that hits ``unit``.

    ``leader_lost``: the machine that is lost was etcd's leader, whose successor has to be elected
    and renews every lease once. ``together``: so many containers of that machine have to start
    elsewhere, at worst all on one. ``answered``: seconds a customer waited before the fault, at
    worst. ``taken``: seconds until the fault was in effect; they count where a command on the
    machine does it, for that is slow on a slow machine.
    """
    stages = _STAGES[kind](unit, time_terms, leader_lost)
    if kind.moves:
        stages["running"] += [time_terms.start(unit.service)] * (together - 1)
    if "serving" in stages:
        stages["serving"] += [time_terms.answered(answered)]
    if kind.hits == "container" and stages:
        stages[next(iter(stages))].insert(0, time_terms.itself(kind, taken))
    found: dict[str, Bound] = {}
    terms: tuple[Term, ...] = ()
    for stage, more in stages.items():
        terms += tuple(more)
        found[stage] = Bound(stage, terms, tuple(more))
    return found


def _container_kill(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    return {
        "noticed": [c.end_noticed],
        "running": [c.restart(unit), c.start(unit.service)],
        **_announcing(unit, c),
    }


def _service_stop(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    sidekick = c.deployment.sidekick_of(unit)
    return {
        "noticed": [c.agent_pass],
        "withdrawn": [c.goodbye] if sidekick else [],
        **_following(unit, c, "unrouted", "dropped"),
    }


def _container_pause(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    sidekick = c.deployment.sidekick_of(unit)
    stages = {"withdrawn": [c.silence(sidekick), c.goodbye]} if sidekick else {}
    return stages | ({"unrouted": [c.confd]} if unit.service.backend else {})


def _container_resume(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    return _announcing(unit, c, restarted=False)


def _service_start(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    stages = {"running": [c.agent_pass, c.start(unit.service)], **_announcing(unit, c)}
    return stages | _following(unit, c, "", "named")


def _machine_loss(unit: DeployedUnit, c: TimeTerms, leader_lost: bool) -> dict[str, list[Term]]:
    sidekick = c.deployment.sidekick_of(unit)
    followers = [c.engine_pass, c.agent_pass] if sidekick else []
    lease = [c.engine_lease] if c.engine_lease.seconds > c.agent_ttl.seconds else []
    return {
        "noticed": [
            *([c.election] if leader_lost else []),
            *(lease or [c.agent_ttl]),
            c.expiry,
            c.look,
        ],
        "scheduled": [*[c.engine_pass] * _passes(unit, c), c.look],
        "running": [c.agent_pass, c.start(unit.service)],
        **_announcing(unit, c, followers),
    }


def _machine_return(unit: DeployedUnit, c: TimeTerms, _: bool) -> dict[str, list[Term]]:
    # fleet registers a machine only when the registration before the loss has expired
    return {"joined": [c.boot, c.agent_ttl, c.expiry, c.look]}


def _announcing(
    unit: DeployedUnit,
    c: TimeTerms,
    followers: list[Term] | None = None,
    *,
    restarted: bool = True,
) -> dict[str, list[Term]]:
    """What comes after the container runs; ``restarted``: its sidekick was started again too."""
    sidekick = c.deployment.sidekick_of(unit)
    stages: dict[str, list[Term]] = {}
    if sidekick:
        stages["announced"] = [
            *(followers or []),
            *([c.restart(sidekick)] if restarted else []),
            c.answer(unit.service),
            c.probe(sidekick),
        ]
    if unit.service.backend:
        stages["routed"] = [c.confd, c.checked_up]
    if unit.service.announced:
        stages["serving"] = [c.next_request]
    return stages


def _following(
    unit: DeployedUnit, c: TimeTerms, routing: str, configuration: str
) -> dict[str, list[Term]]:
    """The stage at which the readers of discovery have followed: HAProxy for a routed service, the
    application's configuration for one that the application uses itself."""
    if unit.service.backend:
        return {routing: [c.confd]} if routing else {}
    return {} if unit.service.stats_port else {configuration: [c.confd]}


def _passes(unit: DeployedUnit, c: TimeTerms) -> int:
    """Engine passes until it is placed: one for itself, one for each unit it waits for in a row."""
    recoveries = peers(unit.file, unit.name)
    leaders = [other for other in c.deployment.units if other.name in recoveries]
    return 1 + max((_passes(leader, c) for leader in leaders), default=0)


_STAGES = {
    CONTAINER_KILL: _container_kill,
    CONTAINER_PAUSE: _container_pause,
    CONTAINER_RESUME: _container_resume,
    SERVICE_STOP: _service_stop,
    SERVICE_START: _service_start,
    MACHINE_LOSS: _machine_loss,
    MACHINE_RETURN: _machine_return,
}
