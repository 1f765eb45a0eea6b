"""Faults: what is done and undone, in which order, and what is said when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from freezing import FROZEN, WEB, Freeze, fault_events, freeze, status
from simulated import machine_of, shell

from pytest_cna.core.errors import (
    CapabilityMissing,
    HealFailed,
    InjectFailed,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, FaultKind
from pytest_cna.core.model import CommandResult
from pytest_cna.scenario.faults.container import ContainerKill, ContainerPause
from pytest_cna.scenario.faults.injected import InjectedFaults
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop
from pytest_cna.scenario.faults.target import Target, target_of

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld


def test_a_fault_is_on_the_timeline_before_and_after_it_is_done(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    before = world.clock.monotonic()
    fault = freeze(running)
    begun = faults.inject(fault)
    assert status(running) == "paused"
    assert begun.monotonic >= before
    healing = faults.heal(fault)
    assert status(running) == "running"
    assert healing.monotonic > begun.monotonic
    assert str(fault) == f"freeze of {WEB.container}"


def test_the_last_fault_is_healed_first_and_every_one_is_tried(
    running: RunningDeployment,
) -> None:
    healed: list[str] = []

    class Noted(Freeze):
        dead_man = ""

        def do(self) -> None:
            pass

        def undo(self) -> None:
            healed.append(self.subject)
            if self.subject != "third":
                raise InjectFailed(f"{self.subject} does not come back")

    faults = InjectedFaults(running.cluster)
    for subject in ("first", "second", "third"):
        faults.inject(Noted(running.cluster, subject, "core-1"))
    with pytest.raises(HealFailed) as failure:
        faults.heal_all()
    assert healed == ["third", "second", "first"]
    assert str(failure.value) == (
        "freeze of second: second does not come back; freeze of first: first does not come back"
    )
    faults.heal_all()
    assert len(healed) == 3


def test_a_fault_that_does_not_take_effect(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    kill = ContainerKill(running.cluster, "nothing.1", running.machine_of(WEB))
    with pytest.raises(InjectFailed, match=r"container kill of nothing\.1: .*No such container"):
        faults.inject(kill)


def test_a_fault_without_its_dead_mans_timer_is_not_done(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    refused = CommandResult("systemd-run", 1, "", "Failed to start transient timer unit")
    shell(machine_of(running, WEB)).answer("^systemd-run", refused)
    with pytest.raises(InjectFailed, match="Failed to start transient timer"):
        faults.inject(freeze(running))
    assert status(running) == "running"


def test_a_provider_that_cannot_do_it_is_left_alone(
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    class Flooding(Freeze):
        kind = FaultKind("flood", "machine", (), "{}", requires=frozenset({"flood", "boat"}))

    fault = Flooding(running.cluster, "core-1", "core-1")
    for refused in (faults.check, faults.inject):
        with pytest.raises(CapabilityMissing, match="provider 'fake' has no boat, flood, which a"):
            refused(fault)
    assert fault_events(running) == []
    assert not faults.in_effect(fault)


def test_what_is_in_effect(running: RunningDeployment, faults: InjectedFaults) -> None:
    first, second = freeze(running), ContainerKill(running.cluster, "x.1", "core-1")
    faults.inject(first)
    with pytest.raises(InjectFailed):
        faults.inject(second)
    # it may have been done for all that: it is healed too
    assert faults.in_effect(second)
    assert faults.in_effect(first)
    faults.heal(first)
    assert not faults.in_effect(first)
    assert faults.in_effect(second)
    assert faults.kinds == {FROZEN, CONTAINER_KILL}


# targets


def test_a_target_is_what_its_fault_hits(running: RunningDeployment) -> None:
    target = target_of(WEB, "core-1")
    assert target.machine == "core-1"
    for made, subject in (
        (ContainerPause, WEB.container),
        (ServiceStop, WEB.name),
        (MachineLoss, "core-1"),
    ):
        fault = made(running.cluster, target)
        assert fault.subject == subject
        assert str(fault) == f"{fault.kind} of {subject}"


def test_a_target_may_be_several_machines_or_none() -> None:
    assert Target(("core-1", "core-2")).subject("machine") == "core-1, core-2"
    assert Target(("core-1",)).subject("unit") == "core-1"
    assert Target((), name="net").subject("unit") == "net"
    assert Target(()).machine == ""
