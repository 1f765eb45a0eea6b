"""Hand-over: what a scene gives to the report when its scenario has been judged.

Three moments: before anything is healed (what the cluster looks like), after it (the journals,
which a lost machine has again by then), and when no scene came about at all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.core.instance import instance_of
from pytest_cna.core.links import APPLICATION
from pytest_cna.judgement.diagnosis import Answer, broken_link
from pytest_cna.judgement.failed_requests import NO_FAILURE
from pytest_cna.report.facts import (
    diagnosis_record,
    fault_record,
    traffic_record,
    verdict_record,
)
from pytest_cna.report.status import BROKEN, FAILED
from pytest_cna.scenario.attachments import cluster_now, journal, machines_now
from pytest_cna.scenario.chain import probe_chain
from pytest_cna.scenario.explaining import first_broken

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.report.records import DiagnosisRecord
    from pytest_cna.report.scenario import Scenario
    from pytest_cna.scenario.scene import Scene

EARLIER = 2.0
"""Seconds before a scenario from which on its journals are kept."""


def look_back(scene: Scene, record: Scenario) -> None:
    """Record the cluster as it is before the faults are healed. Never raises a CnaError."""
    if record.status in {FAILED, BROKEN} and record.diagnosis is None:
        record.diagnosis = _diagnosis(scene)
    record.attachments += scene.before
    record.attachments += cluster_now(scene.running, "after" if scene.before else "")


def _diagnosis(scene: Scene) -> DiagnosisRecord | None:
    """Of the first recovery of a unit that failed, else of the last; without one, of what customers
    use. None where the chain holds: that explains nothing."""
    followed = [each for each in scene.recoveries.all if each.unit]
    failed = [
        recovery
        for recovery in followed
        if any(verdict.outcome == "failed" for verdict in scene.recoveries.judge(recovery))
    ]
    if followed:
        recovery = failed[0] if failed else followed[-1]
        gone = recovery.kind.stages if recovery.kind.gone else ()
        evidence = scene.recoveries.evidence(recovery, gone)
    else:
        routed = [unit for unit in scene.deployment.mains if unit.service.backend]
        if scene.customers is None or not routed:
            return None
        evidence = probe_chain(scene.running, routed[0], scene.records())
    if evidence.silent or broken_link(evidence) is not None:
        return diagnosis_record(evidence)
    other = _of_failed_requests(scene)
    return diagnosis_record(other) if other else None


def _of_failed_requests(scene: Scene) -> Evidence | None:
    """Why requests failed that a step did not let fail, where the chain of what was hit holds: the
    first chain that is broken, of what no fault keeps away; else that of the instance that answered
    wrongly, if instances did so and what carries their answers did not."""
    failed = [each for each in scene.records() if each.failed]
    if not failed or not scene.conclusion.promised(NO_FAILURE):
        return None
    away = scene.away()
    mains = [unit for unit in scene.deployment.mains if unit.name not in away]
    broken = first_broken(scene.running, mains)
    answered = [instance_of(each.served_by) for each in failed]
    by = {instance.unit for instance in answered if instance}
    unit = next((unit for unit in mains if unit.name in by), None)
    if broken or unit is None or None in answered:
        return broken
    count = Counter(each.error for each in failed)
    words = ", ".join(f"{error} {number} times" for error, number in count.most_common())
    evidence = probe_chain(scene.running, unit)
    answer = Answer(False, f"customers got from instances: {words}")
    return replace(evidence, links={**evidence.links, APPLICATION: answer})


def hand_over(scene: Scene, record: Scenario) -> None:
    """Record faults, verdicts, requests and journals when all is healed."""
    for recovery in scene.recoveries.all:
        verdicts = scene.recoveries.judge(recovery)
        record.add_fault(fault_record(recovery, verdicts, scene.running.clocks.drifts()))
    for verdict in scene.verdicts:
        record.add_verdict(verdict_record(verdict))
    begun = scene.running.timeline.events(FaultInjecting, since=record.began)
    first_fault = begun[0].monotonic if begun else None
    record.set_traffic(traffic_record(scene.records(), first_fault))
    to_wall = clock.wall() - clock.monotonic()
    faults = [recovery.since + to_wall for recovery in scene.recoveries.all]
    record.attach(journal(scene.cluster, record.started - EARLIER, faults))


def without_scene(cluster: Cluster, record: Scenario) -> None:
    """Record the cluster when the deployment did not come to its steady state."""
    record.attachments += machines_now(cluster)
    record.attach(journal(cluster, record.started - EARLIER, []))
