"""The table of fault kinds is what bounds, faults and sentences say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.core.fault_kinds import FAULT_KINDS, FaultKind, fault_kind
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.terms import TimeTerms
from pytest_cna.scenario import faults  # noqa: F401 - makes the faults known
from pytest_cna.scenario.faults.base import Fault

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
TERMS = TimeTerms(SET, NATIVE, Measured(None, {}, 1.0))


@pytest.mark.parametrize("kind", FAULT_KINDS.values(), ids=str)
def test_bounds_have_the_stages_of_the_kind_in_its_order(kind: FaultKind) -> None:
    every: set[str] = set()
    for unit in SET.units:
        found = list(bounds(kind, unit, TERMS))
        assert found == [stage for stage in kind.stages if stage in found]
        every |= set(found)
    assert every == set(kind.stages)


@pytest.mark.parametrize("kind", FAULT_KINDS.values(), ids=str)
def test_each_kind_is_a_fault_or_the_undoing_of_one(kind: FaultKind) -> None:
    assert (kind in Fault.known) is not kind.undoing
    assert kind.name == str(kind)
    assert FAULT_KINDS[kind.name] is fault_kind(kind.name) is kind


def test_a_kind_of_another_version_says_its_name() -> None:
    other = fault_kind("disk {fire}")
    assert other.done.format("a cache") == "disk {fire} of a cache"
    assert not other.undoing
