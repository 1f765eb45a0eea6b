"""Why a recovery failed: the error, with the first broken link of what was hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.stages import gone_from
from pytest_cna.judgement.diagnosis import BrokenChain, late_link
from pytest_cna.judgement.entries import left_behind
from pytest_cna.scenario.chain import probe_chain
from pytest_cna.scenario.machine_chain import probe_machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.links import Link
    from pytest_cna.core.stages import Stage
    from pytest_cna.judgement.diagnosis import Evidence
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.verdicts import StageVerdict
    from pytest_cna.scenario.recoveries import Recoveries


def failure(
    recoveries: Recoveries,
    recovery: Recovery,
    verdict: StageVerdict,
    at_bound: Evidence | None = None,
) -> Exception:
    """The error for a verdict that did not pass: the product's, with the first broken link; a
    CnaError when nobody could look. ``at_bound``: what the links said then."""
    last_seen = f"{verdict.sentence}\nlast seen: {', '.join(verdict.evidence)}"
    if verdict.outcome == "unknown":
        return CnaError(last_seen)
    if recovery.unit is None:
        cluster = recoveries.running.cluster
        console = cluster.provider.console(cluster.provider.machine(recovery.machine))
        said = f"{last_seen}\nconsole of {recovery.machine}:\n{console}"
        about = probe_machine(cluster.machine(recovery.machine))
        return ProductFailed(said) if about.silent else BrokenChain(said, about)
    found = (
        at_bound.with_late(_late(recoveries, recovery))
        if at_bound
        else evidence(recoveries, recovery, [verdict.stage])
    )
    if found.silent and verdict.after is None:
        return CnaError(f"{last_seen}\nno link of {recovery.name} could be asked")
    return BrokenChain(last_seen, found)


def evidence(recoveries: Recoveries, recovery: Recovery, stages: Sequence[Stage]) -> Evidence:
    """What each link says of the followed unit now, which has to have gone where one of
    ``stages`` says so, and which link was the first to be late."""
    assert recovery.unit is not None
    gone = gone_from(stages) if any(stage.gone for stage in stages) else None
    found = probe_chain(recoveries.running, recovery.unit, recoveries.records(), gone=gone)
    return found.with_late(_late(recoveries, recovery))


def _late(recoveries: Recoveries, recovery: Recovery) -> Link | None:
    verdicts = recoveries.judge(recovery)
    over = recovery.since + max(verdict.allowed for verdict in verdicts)
    return late_link(verdicts, left_behind=left_behind(recoveries.times(recovery), over))
