"""The faults of the catalogue: service stop, machine loss, and which kinds there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from freezing import FROZEN, WEB
from simulated import machine_of, simulated

from pytest_cna.core.errors import (
    ConfigurationError,
    InjectFailed,
    ProductFailed,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, FAULT_KINDS, FaultKind
from pytest_cna.scenario.faults.catalogue import FAULTS, fault_of
from pytest_cna.scenario.faults.container import ContainerKill
from pytest_cna.scenario.faults.injected import InjectedFaults
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop
from pytest_cna.scenario.faults.target import target_of

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld

# those of the catalogue


def test_a_stop_ends_when_systemd_has_stopped(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    stop = ServiceStop(running.cluster, WEB.name, running.machine_of(WEB))
    faults.inject(stop)
    where = simulated(running, running.cluster.machine(stop.machine))
    assert WEB.container not in where.containers
    faults.heal(stop)
    running.await_steady_state(15.0)


def test_a_lost_machine_has_no_power_until_it_is_healed(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    machine = machine_of(running, WEB)
    faults.inject(MachineLoss(running.cluster, machine.name, machine.name))
    assert not running.cluster.provider.running(machine)
    faults.heal_all()
    assert running.cluster.provider.running(machine)


def test_a_stop_that_fleet_has_no_row_of_has_not_ended(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    """systemd is asked: a state that fleet does not list is not one of a unit that stopped."""
    stop = ServiceStop(running.cluster, target_of(WEB, running.machine_of(WEB)))
    world.defect("no state row", WEB.name)
    faults.inject(stop)
    where = simulated(running, running.cluster.machine(stop.machine))
    assert WEB.container not in where.containers


def test_a_stop_that_does_not_end_is_the_products_failure(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    world.defect("stop hangs", WEB.name, value=500.0)
    stop = ServiceStop(running.cluster, target_of(WEB, running.machine_of(WEB)))
    begun = world.clock.monotonic()
    with pytest.raises(ProductFailed, match=r"was not stopped within its bound: 95\.2 s after"):
        faults.inject(stop, 95.25)
    assert world.clock.monotonic() - begun == pytest.approx(95.25, abs=1.0)
    assert faults.in_effect(stop)  # it is started again all the same


def test_a_stop_on_a_machine_that_is_away_cannot_be_judged(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    stop = ServiceStop(running.cluster, target_of(WEB, running.machine_of(WEB)))
    real = running.cluster.fleet.stop

    def stop_and_cut(name: str) -> None:
        real(name)
        running.cluster.provider.kill(running.cluster.machine(stop.machine))

    running.cluster.fleet.stop = stop_and_cut  # type: ignore[method-assign, assignment]
    with pytest.raises(InjectFailed, match="it has no power"):
        faults.inject(stop)


def test_each_fault_of_the_catalogue_says_its_kind() -> None:
    for kind, made in FAULTS.items():
        assert made.kind is kind
        assert fault_of(kind) is made


def test_a_subclass_of_a_shipped_fault_changes_nothing() -> None:
    class Gentle(ContainerKill):
        def do(self) -> None:
            """Nothing."""

    assert Gentle.kind is CONTAINER_KILL
    assert fault_of(CONTAINER_KILL) is ContainerKill


@pytest.mark.parametrize("kind", [FROZEN, *(k for k in FAULT_KINDS.values() if k.undoing)], ids=str)
def test_what_is_not_in_the_catalogue_is_refused(kind: FaultKind) -> None:
    with pytest.raises(ConfigurationError, match=f"no fault of the catalogue is a '{kind}' .known"):
        fault_of(kind)
