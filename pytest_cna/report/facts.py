"""Conversion of a scene to the report: its faults with their stages, and the customers'
requests."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.core.links import CHAIN
from pytest_cna.judgement.diagnosis import broken_link, finding
from pytest_cna.judgement.diagnosis_text import link_state
from pytest_cna.judgement.recovery import recovered_after
from pytest_cna.judgement.requests import outage, request_statistics
from pytest_cna.report.records import (
    DiagnosisRecord,
    FaultRecord,
    LinkRecord,
    Stage,
    TermRecord,
    TrafficRecord,
)
from pytest_cna.report.report import Pair, UnitRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.judgement.bounds import Bound
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.judgement.recovery import Recovery

MACHINE = "machine"
SLOW = 1.0
"""Seconds from which an answer counts as slow; the application is asked to delay answers by
0.3 s."""


def fault_record(
    recovery: Recovery,
    reached: Mapping[str, float | None],
    drifts: Mapping[str, float] = MappingProxyType({}),
) -> FaultRecord:
    """The record of a recovery.

    ``reached`` maps stages to seconds after the fault, as ``recovery.stages`` returns them;
    ``drifts`` are those of ``Clocks``.
    """
    last = recovery.bound
    # when a machine returns, its own recovery is followed, not that of a unit
    alone = recovery.kind.of_machine
    return FaultRecord(
        kind=recovery.kind.name,
        subject=recovery.subject,
        machine=recovery.machine,
        service=MACHINE if alone else recovery.unit.service.called,
        unit=recovery.machine if alone else recovery.unit.name,
        injected_at=recovery.since,
        bound=last.seconds,
        dominated_by=last.dominated_by.name,
        recovered_after=recovered_after(reached),
        stages=tuple(
            Stage(stage, reached[stage], bound.seconds, _terms(bound))
            for stage, bound in recovery.bounds.items()
        ),
        drifts={machine: round(seconds, 3) for machine, seconds in drifts.items()},
    )


def _terms(bound: Bound) -> tuple[TermRecord, ...]:
    return tuple(TermRecord(term.name, term.seconds, term.source) for term in bound.own)


def coverage(deployment: Deployment) -> tuple[Pair, ...]:
    """Every pair of a fault kind and a service that it can hit. A data container, which only has to
    exist, cannot be killed."""
    pairs = []
    for kind in FAULT_KINDS.values():
        if kind.undoing:
            continue
        for service in deployment.services:
            units = deployment.main_units(service)
            if kind.hits == "container":
                units = [u for u in units if u.container and u.up_with is ContainerStarted]
            if units:
                names = tuple(unit.name for unit in units)
                pairs.append(Pair(kind.name, service.called, names))
    return tuple(pairs)


def unit_records(deployment: Deployment) -> tuple[UnitRecord, ...]:
    return tuple(
        UnitRecord(
            name=unit.name,
            role=unit.role,
            service=unit.service.name,
            called=unit.service.called,
            instance=unit.instance,
            container=unit.container,
            backend=unit.service.backend if unit.role == "main" else "",
        )
        for unit in deployment.units
    )


def traffic_record(records: Sequence[RequestRecord]) -> TrafficRecord | None:
    if not records:
        return None
    sums = request_statistics(records)
    lost = outage(records)
    return TrafficRecord(
        requests=sums.requests,
        failed=sums.failed,
        longest_gap=sums.longest_gap,
        p50=sums.p50,
        p99=sums.p99,
        slowest=max((r.duration for r in records if not r.failed), default=0.0),
        by_instance=dict(sums.by_instance),
        errors=dict(sums.by_error),
        slow=sum(not r.failed and r.duration > SLOW for r in records),
        slow_after=SLOW,
        resent=sums.resent,
        outage=0.0 if lost is None else None if lost.end is None else lost.duration,
    )


def diagnosis_record(evidence: Evidence, *, gone: bool = False) -> DiagnosisRecord:
    """The diagnosis of an instance that should be in service or, with ``gone``, out of it."""
    first = broken_link(evidence, gone=gone)
    links = tuple(
        LinkRecord(link.name, link_state(seen.holds, follower=link.follower, gone=gone), seen.words)
        for link in CHAIN
        if (seen := evidence.links.get(link.name)) is not None
    )
    sentence = finding(evidence, gone=gone)
    return DiagnosisRecord(evidence.unit, sentence, first, links, evidence.journal)
