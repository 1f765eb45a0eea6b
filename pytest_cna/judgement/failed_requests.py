"""Whether requests of customers failed, and why: who could have answered, and what HAProxy thought
of them. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.container import (
    ContainerDestroyed,
    ContainerDied,
    ContainerEvent,
    ContainerStarted,
)
from pytest_cna.core.events.machine import MachineLost, MachineStarted
from pytest_cna.core.events.routing import (
    ROUTING_EVENTS,
    BalancerGone,
    RoutingReachable,
    RoutingUnreachable,
    ServerEvent,
    ServerRemoved,
)
from pytest_cna.judgement.requests import failed
from pytest_cna.judgement.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment

NO_FAILURE = "no request has failed"
SHOWN = 5


def no_request_failed(
    records: Sequence[RequestRecord],
    deployment: Deployment,
    timeline: Timeline,
    since: float | None = None,
) -> Verdict:
    """Whether every request got an expected answer. The evidence has the first that failed, their
    times counted from ``since`` (monotonic seconds), without it from the first request, and who
    could have answered the first one. *unknown* without any request."""
    if not records:
        return Verdict(
            "unknown", "customers sent no request: nothing can be concluded", name=NO_FAILURE
        )
    lost = sorted(failed(records), key=lambda record: record.start)
    if not lost:
        return Verdict("passed", f"none of {len(records)} requests failed", name=NO_FAILURE)
    origin = "the first request" if since is None else "the fault"
    begun = min(record.start for record in records) if since is None else since
    lines = [
        f"{record.start - begun:+.2f} s {record.method} {record.action} of customer "
        f"{record.customer}: {record.error} after {record.duration:.2f} s "
        f"{record.served_by}".rstrip()
        for record in lost[:SHOWN]
    ]
    if len(lost) > SHOWN:
        lines.append(f"and {len(lost) - SHOWN} more")
    return Verdict(
        "failed",
        f"{len(lost)} of {len(records)} requests failed (times since {origin}):",
        (*lines, *who_could_answer(deployment, timeline, lost[0].end)),
        NO_FAILURE,
    )


def who_could_answer(deployment: Deployment, timeline: Timeline, at: float) -> Iterator[str]:
    """A line for each routed instance: where it was at that moment (monotonic seconds), and what
    each load balancer thought of it."""
    without_power = _without_power(timeline, at)
    for unit in deployment.mains:
        if unit.service.backend:
            where = _where(unit, timeline, at, without_power)
            thought = _thought(unit, timeline, at)
            yield f"{unit.name} {where}; {thought}"


def _where(unit: DeployedUnit, timeline: Timeline, at: float, without_power: set[str]) -> str:
    events = [
        event
        for event in timeline.events(ContainerEvent, unit.container)
        if event.monotonic <= at
        and isinstance(event, (ContainerStarted, ContainerDied, ContainerDestroyed))
    ]
    if not events:
        return "was not seen to start"
    by_machine = {event.machine: event for event in events}
    up = [each for each, event in by_machine.items() if isinstance(event, ContainerStarted)]
    running = [machine for machine in up if machine not in without_power]
    if running:
        return f"ran on {' and '.join(running)}"
    last = events[-1]
    if last.machine in without_power:
        return f"was on {last.machine}, which had no power"
    return f"had ended on {last.machine}, {at - last.monotonic:.2f} s before"


def _without_power(timeline: Timeline, at: float) -> set[str]:
    lost = [(event.monotonic, event.machine, True) for event in timeline.events(MachineLost)]
    back = [(event.monotonic, event.machine, False) for event in timeline.events(MachineStarted)]
    last = {machine: gone for when, machine, gone in sorted([*lost, *back]) if when <= at}
    return {machine for machine, gone in last.items() if gone}


def _thought(unit: DeployedUnit, timeline: Timeline, at: float) -> str:
    last: dict[str, str] = {}
    silent: set[str] = set()
    for event in timeline.events(ROUTING_EVENTS):
        if event.monotonic > at:
            break
        match event:
            case RoutingUnreachable(load_balancer=balancer):
                silent.add(balancer)
            case RoutingReachable(load_balancer=balancer):
                silent.discard(balancer)
            case BalancerGone(load_balancer=balancer):
                silent.discard(balancer)
                last.pop(balancer, None)
            case ServerEvent(load_balancer=balancer) if _is_of(event, unit):
                said = "no longer" if isinstance(event, ServerRemoved) else event.status
                last[balancer] = f"the load balancer at {balancer} had it {said}"
    last |= {each: f"the load balancer at {each} did not answer" for each in sorted(silent)}
    return ", ".join(last.values()) or "no load balancer had it"


def _is_of(event: ServerEvent, unit: DeployedUnit) -> bool:
    service, instance = f"{unit.service.name}_", f"_{unit.instance}"
    return event.server.startswith(service) and event.server.endswith(instance)
