"""Hand-over: what a scene gives to the report when its scenario has been judged.

Three moments: before anything is healed (what the cluster looks like), after it (the journals,
which a lost machine has again by then), and when no scene came about at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.events.fault import FaultInjecting
from pytest_cna.report.facts import (
    diagnosis_record,
    fault_record,
    traffic_record,
    verdict_record,
)
from pytest_cna.report.status import BROKEN, FAILED
from pytest_cna.scenario.attachments import cluster_now, journal, machines_now
from pytest_cna.scenario.reason import reason

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.report.scenario import Scenario
    from pytest_cna.scenario.scene import Scene

EARLIER = 2.0
"""Seconds before a scenario from which on its journals are kept."""


def look_back(scene: Scene, record: Scenario) -> None:
    """Record the cluster as it is before the faults are healed. Never raises a CnaError."""
    if record.status in {FAILED, BROKEN} and record.diagnosis is None:
        evidence = reason(scene)
        record.diagnosis = diagnosis_record(evidence) if evidence else None
    record.attachments += scene.before
    record.attachments += cluster_now(scene.running, "after" if scene.before else "")


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
