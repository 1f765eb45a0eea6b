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
    """A sentence: what was done, what customers noticed, how long recovery took and may take."""
    hits: dict[tuple[str, float], list[FaultRecord]] = {}
    for fault in scenario.faults:
        hits.setdefault((fault.kind, fault.injected_at), []).append(fault)
    passed = scenario.status is PASSED
    parts = [_hit(faults, passed=passed) for faults in hits.values()]
    parts = parts or [scenario.status.meaning]
    if scenario.traffic is not None:
        parts.insert(1, _noticed(scenario.traffic))
    if scenario.faults and not passed:
        parts.append(scenario.status.meaning)
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _hit(faults: Sequence[FaultRecord], *, passed: bool) -> str:
    """One part of the sentence for a fault, however many services it hit."""
    kind = fault_kind(faults[0].kind)
    services = _joined([_with_article(each) for each in dict.fromkeys(f.service for f in faults)])
    done = kind.done.format(services)
    bound = max(fault.bound for fault in faults)
    missed = any(fault.recovered_after is None for fault in faults)
    if missed and not passed:
        return f"{done}: not recovered within {bound:.1f} s"
    after = max(map(_latest, faults))
    watched = ", as far as it was followed" if missed else ""
    return f"{done}: {kind.back} {after:.1f} s of at most {bound:.1f} s{watched}"


def _latest(fault: FaultRecord) -> float:
    if fault.recovered_after is not None:
        return fault.recovered_after
    return max((stage.after for stage in fault.stages if stage.after is not None), default=0.0)


def _joined(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _with_article(service: str) -> str:
    return f"{'an' if service[:1].lower() in 'aeiou' else 'a'} {service}"


def _noticed(traffic: TrafficRecord) -> str:
    if not traffic.failed:
        return "customers noticed nothing"
    share = f"{traffic.failed} of {traffic.requests} requests of customers failed"
    if traffic.outage is None:
        return f"{share}, to the end"
    return f"{share}, within {traffic.outage:.1f} s"
