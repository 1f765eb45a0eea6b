"""The explanation of a deployment that is not in its steady state: its first broken chain."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProductFailed
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.scenario.chain import probe_chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.diagnosis import Evidence


@contextmanager
def explaining(running: RunningDeployment) -> Iterator[None]:
    """Raise a ProductFailed again with what the links say of the first unit, in start order, whose
    chain is broken; as it is when every chain holds. Asking takes a second or two for each unit."""
    try:
        yield
    except ProductFailed as error:
        evidence = first_broken(running, running.deployment.mains)
        if evidence is not None:
            raise BrokenChain(str(error), evidence) from error
        raise


def first_broken(running: RunningDeployment, units: Iterable[DeployedUnit]) -> Evidence | None:
    """What the links say of the first of ``units`` whose chain is broken; None when none is."""
    for unit in units:
        evidence = probe_chain(running, unit)
        if broken_link(evidence) is not None:
            return evidence
    return None
