"""The reason why a scenario did not pass, as far as the chain shows one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_cna.core.instance import instance_of
from pytest_cna.core.links import APPLICATION
from pytest_cna.judgement.diagnosis import Answer, broken_link
from pytest_cna.judgement.failed_requests import NO_FAILURE
from pytest_cna.scenario.chain import probe_chain
from pytest_cna.scenario.explaining import first_broken
from pytest_cna.scenario.failure import evidence

if TYPE_CHECKING:
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.scenario.scene import Scene


def reason(scene: Scene) -> Evidence | None:
    """Its first broken chain: of the first recovery of a unit that failed, else of the last;
    without one, of what customers use. Where that holds, it explains nothing: the chain by which
    requests failed that a step did not let fail. None without a broken one."""
    followed = [each for each in scene.recoveries.all if each.unit]
    failed = [
        recovery
        for recovery in followed
        if any(verdict.outcome == "failed" for verdict in scene.recoveries.judge(recovery))
    ]
    if followed:
        recovery = failed[0] if failed else followed[-1]
        gone = recovery.kind.stages if recovery.kind.gone else ()
        found = evidence(scene.recoveries, recovery, gone)
    else:
        routed = [unit for unit in scene.deployment.mains if unit.service.backend]
        if scene.customers is None or not routed:
            return None
        found = probe_chain(scene.running, routed[0], scene.records())
    if found.silent or broken_link(found) is not None:
        return found
    return _of_failed_requests(scene)


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
    found = probe_chain(scene.running, unit)
    answer = Answer(False, f"customers got from instances: {words}")
    return replace(found, links={**found.links, APPLICATION: answer})
