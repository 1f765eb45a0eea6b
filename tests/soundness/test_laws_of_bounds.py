"""Laws of bounds: each grows with each constant that it is computed from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story import MEASURED, SET
from written_recoveries import LAW

from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.core.timing import NATIVE
from pytest_cna.judgement.bounds import Circumstances, bounds
from pytest_cna.judgement.measured import ContainerTimes
from pytest_cna.judgement.terms import TimeTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.bounds import Bound

MAINS = [unit for unit in SET.units if unit.role == "main"]
CONSTANTS: Mapping[str, Callable[[float], tuple[TimeTerms, Circumstances]]] = {
    "agent_ttl": lambda s: (_terms(agent_ttl=s), Circumstances()),
    "engine_interval": lambda s: (_terms(engine_interval=s), Circumstances()),
    "election": lambda s: (_terms(election=s), Circumstances(leader_lost=True)),
    "start": lambda s: (_measured(containers=ContainerTimes(s, 0.2, "m")), Circumstances()),
    "end": lambda s: (_measured(containers=ContainerTimes(0.8, s, "m")), Circumstances()),
    "boot": lambda s: (_measured(boot=s), Circumstances()),
    "look": lambda s: (_measured(look=s), Circumstances()),
    "reload": lambda s: (_measured(reload=s), Circumstances()),
    "answering": lambda s: (
        _measured(answering={service.name: s for service in SET.services}),
        Circumstances(),
    ),
    "together": lambda s: (_terms(), Circumstances(together=1 + int(s))),
    "answered": lambda s: (_terms(), Circumstances(answered=s)),
    "taken": lambda s: (_terms(), Circumstances(taken=s)),
}


def _terms(**timing: float) -> TimeTerms:
    return TimeTerms(SET, replace(NATIVE, **timing), MEASURED)


def _measured(**measured: object) -> TimeTerms:
    return TimeTerms(SET, NATIVE, replace(MEASURED, **measured))  # type: ignore[arg-type]


def _bounds(kind: str, unit: DeployedUnit, constant: str, number: float) -> dict[Stage, Bound]:
    made = FAULT_KINDS[kind]
    terms, given_ = CONSTANTS[constant](number)
    return bounds(made, None if made.of_machine else unit, terms, given_)


@pytest.mark.parametrize("constant", CONSTANTS)
@LAW
@given(
    st.sampled_from(sorted(FAULT_KINDS)),
    st.sampled_from(MAINS),
    st.floats(0.0, 20.0),
    st.floats(0.0, 20.0),
)
def test_a_longer_constant_gives_no_shorter_bound(
    constant: str, kind: str, unit: DeployedUnit, number: float, more: float
) -> None:
    before = _bounds(kind, unit, constant, number)
    after = _bounds(kind, unit, constant, number + more)
    assert list(before) == list(after)
    for stage, bound in before.items():
        assert after[stage].seconds >= bound.seconds - 1e-9, stage
        assert after[stage].own_seconds >= bound.own_seconds - 1e-9, stage
        assert bound.own_seconds <= bound.seconds + 1e-9, stage
