"""Conversion of a scene to the report: its faults with their stages, and the customers'
requests."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.judgement.diagnosis import broken_link, finding
from pytest_cna.judgement.noticed import experience
from pytest_cna.judgement.requests import outage, request_statistics
from pytest_cna.report.records import (
    DiagnosisRecord,
    FaultRecord,
    LinkRecord,
    Stage,
    TermRecord,
    TrafficRecord,
    VerdictRecord,
)
from pytest_cna.report.report import Pair, UnitRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.terms import Term
    from pytest_cna.judgement.verdicts import StageVerdict, Verdict

MACHINE = "machine"


def fault_record(
    recovery: Recovery,
    verdicts: Sequence[StageVerdict],
    drifts: Mapping[str, float] = MappingProxyType({}),
) -> FaultRecord:
    """The record of a recovery with its final ``verdicts``, in the order of the stages; without any
    when no stage is followed. ``drifts`` are those of ``Clocks``."""
    # when a machine returns, its own recovery is followed, not that of a unit
    unit = None if recovery.kind.of_machine else recovery.unit
    limit = max((each.limit for each in verdicts), key=lambda each: each.seconds, default=None)
    reached = [each.after for each in verdicts if each.after is not None]
    whole = bool(verdicts) and len(reached) == len(verdicts)
    return FaultRecord(
        kind=recovery.kind.name,
        subject=recovery.subject,
        machine=recovery.machine,
        service=unit.service.called if unit else MACHINE,
        unit=unit.name if unit else recovery.machine,
        injected_at=recovery.since,
        bound=limit.seconds if limit else 0.0,
        dominated_by=limit.dominated_by.name if limit else "",
        recovered_after=max(reached) if whole else None,
        stages=tuple(map(_stage, verdicts)),
        terms=_terms(limit.terms) if limit else (),
        drifts={machine: round(seconds, 3) for machine, seconds in drifts.items()},
    )


def _stage(verdict: StageVerdict) -> Stage:
    return Stage(
        name=verdict.stage.name,
        after=verdict.after,
        bound=verdict.limit.seconds,
        terms=_terms(verdict.limit.own),
        allowed=verdict.allowed,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        evidence=verdict.evidence,
    )


def _terms(terms: Iterable[Term]) -> tuple[TermRecord, ...]:
    return tuple(TermRecord(term.name, term.seconds, term.source) for term in terms)


def verdict_record(verdict: Verdict) -> VerdictRecord:
    """The record of a check that was judged when the scenario had ended."""
    return VerdictRecord(verdict.name, verdict.outcome, verdict.sentence, verdict.evidence)


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


def traffic_record(
    records: Sequence[RequestRecord], first_fault: float | None = None
) -> TrafficRecord | None:
    """What customers got; None without a request. ``first_fault``: when the first fault of the
    scenario began (monotonic seconds), None without one."""
    if not records:
        return None
    sums = request_statistics(records)
    seen = experience(records, first_fault)
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
        slow=seen.slow,
        slow_after=seen.slow_after,
        resent=sums.resent,
        outage=0.0 if lost is None else None if lost.end is None else lost.duration,
        gap_after=seen.gap_after,
        noticed=seen.noticed,
    )


def diagnosis_record(evidence: Evidence) -> DiagnosisRecord:
    first = broken_link(evidence)
    links = tuple(
        LinkRecord(link.name, evidence.state(link), said.words) for link, said in evidence.in_order
    )
    sentence = finding(evidence)
    named = first.name if first else None
    return DiagnosisRecord(evidence.unit, sentence, named, links, evidence.journal)
