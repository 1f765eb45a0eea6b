"""What a scene leaves for the report: its faults with their stages, and what customers got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.recovery import recovered_after
from pytest_cna.report.model import FaultRecord, Stage, TrafficRecord
from pytest_cna.traffic.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.model import RequestRecord
    from pytest_cna.recovery import Recovery


def fault_record(recovery: Recovery, reached: Mapping[str, float | None]) -> FaultRecord:
    """``reached``: stage → seconds after the fault, as ``recovery.stages`` gives it."""
    last = recovery.bound
    return FaultRecord(
        kind=recovery.kind,
        subject=recovery.subject,
        machine=recovery.machine,
        unit=recovery.unit.name,
        injected_at=recovery.since,
        bound=last.seconds,
        bound_terms=tuple(
            f"{term.name}: {term.seconds:.2f} s ({term.source})" for term in last.terms
        ),
        dominated_by=last.dominated_by.name,
        recovered_after=recovered_after(reached),
        stages=tuple(
            Stage(stage, reached[stage], bound.seconds) for stage, bound in recovery.bounds.items()
        ),
    )


def traffic_record(records: Sequence[RequestRecord]) -> TrafficRecord | None:
    if not records:
        return None
    sums = ledger(records)
    return TrafficRecord(
        requests=sums.requests,
        failed=sums.failed,
        longest_gap=sums.longest_gap,
        p50=sums.p50,
        p99=sums.p99,
        slowest=max((r.duration for r in records if not r.failed), default=0.0),
        by_instance=dict(sums.by_instance),
        errors=dict(sums.by_error),
    )
