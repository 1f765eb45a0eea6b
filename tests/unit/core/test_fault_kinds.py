"""The table of fault kinds is what bounds, faults and sentences say of them."""

from __future__ import annotations

import pytest
from story import SET, TERMS

from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    FAULT_KINDS,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
    fault_kind,
)
from pytest_cna.core.stages import STAGES, WITHDRAWN, Stage
from pytest_cna.judgement.bounds import BOUNDS, bounds
from pytest_cna.scenario.faults.catalogue import FAULTS

KINDS = pytest.mark.parametrize("kind", FAULT_KINDS.values(), ids=str)


@KINDS
def test_bounds_have_the_stages_of_the_kind_in_its_order(kind: FaultKind) -> None:
    every: set[Stage] = set()
    for unit in SET.units:
        found = list(bounds(kind, unit, TERMS))
        assert found == [stage for stage in kind.stages if stage in found]
        every |= set(found)
    assert every == set(kind.stages)


@KINDS
def test_each_kind_is_a_fault_or_the_undoing_of_one(kind: FaultKind) -> None:
    assert (kind in FAULTS) is not kind.undoing
    assert kind in BOUNDS
    assert kind.name == str(kind)
    assert FAULT_KINDS[kind.name] is fault_kind(kind.name) is kind


@KINDS
def test_stages_come_after_what_causes_them(kind: FaultKind) -> None:
    order = list(STAGES.values())
    assert set(kind.stages) <= set(order)
    for number, stage in enumerate(kind.stages):
        assert set(stage.causes) & set(kind.stages) <= set(kind.stages[:number])


@KINDS
def test_what_ends_out_of_service_stays_away_until_it_is_undone(kind: FaultKind) -> None:
    assert kind.gone is (WITHDRAWN in kind.stages)
    if kind.gone:
        assert kind.undone_as is not None
        assert kind.undone_as.undoing


def test_whose_recovery_is_followed() -> None:
    assert MACHINE_RETURN.of_machine
    assert not MACHINE_LOSS.of_machine
    assert not CONTAINER_KILL.of_machine


def test_what_is_seen_in_the_configuration_only() -> None:
    assert [kind for kind in FAULT_KINDS.values() if kind.configures] == [
        SERVICE_STOP,
        SERVICE_START,
    ]


def test_a_kind_of_another_version_says_its_name() -> None:
    other = fault_kind("disk {fire}")
    assert other.done.format("a cache") == "disk {fire} of a cache"
    assert not other.undoing
    assert other.stages == ()
