"""One sentence for each scenario, for stakeholders. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.fault_kinds import fault_kind
from pytest_cna.report.status import PASSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.records import FaultRecord, TrafficRecord
    from pytest_cna.report.scenario import Scenario


def sentence(scenario: Scenario) -> str:
    """A sentence: what was done, what customers noticed, how long recovery took and may take, by
    the recorded verdicts."""
    hits: dict[tuple[str, float], list[FaultRecord]] = {}
    for fault in scenario.faults:
        hits.setdefault((fault.kind, fault.injected_at), []).append(fault)
    parts = [_hit(faults) for faults in hits.values()]
    parts = parts or [scenario.status.meaning]
    if scenario.traffic is not None:
        parts.insert(1, _noticed(scenario.traffic))
    if scenario.faults and scenario.status is not PASSED:
        parts.append(scenario.status.meaning)
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _hit(faults: Sequence[FaultRecord]) -> str:
    """One part of the sentence for a fault, however many services it hit."""
    kind = fault_kind(faults[0].kind)
    services = _joined([_with_article(each) for each in dict.fromkeys(f.service for f in faults)])
    done = kind.done.format(services)
    bound = max(fault.bound for fault in faults)
    outcomes = {fault.outcome for fault in faults}
    if "failed" in outcomes:
        failed = [stage for fault in faults for stage in fault.failed]
        if any(stage.after is None for stage in failed):
            return f"{done}: not recovered within {bound:.1f} s"
        late = dict.fromkeys(f"{stage.name} after {stage.after:.1f} s" for stage in failed)
        return f"{done}: {_joined(list(late))}, which was too late"
    if "unknown" in outcomes:
        return f"{done}: whether it recovered is not known"
    times = [after for fault in faults for after in _times(fault)]
    if not times:
        return done
    watched = ", as far as it was followed" if "not awaited" in outcomes else ""
    return f"{done}: {kind.back} {max(times):.1f} s of at most {bound:.1f} s{watched}"


def _times(fault: FaultRecord) -> list[float]:
    """When the recovery was over, else when each of its stages was reached."""
    if fault.recovered_after is not None:
        return [fault.recovered_after]
    return [stage.after for stage in fault.stages if stage.after is not None]


def _joined(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _with_article(service: str) -> str:
    return f"{'an' if service[:1].lower() in 'aeiou' else 'a'} {service}"


def _noticed(traffic: TrafficRecord) -> str:
    if not traffic.noticed:
        return "customers noticed nothing"
    return f"customers noticed: {', '.join(traffic.noticed)}"
