"""Faults: what is done and undone, in which order, and what is said when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from simulated import machine_of, shell, simulated, unit

from pytest_cna.core.errors import ConfigurationError, HealFailed, InjectFailed
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.core.model import CommandResult
from pytest_cna.scenario.faults.base import DEAD_MAN, Fault, InjectedFaults
from pytest_cna.scenario.faults.by_service import Faults
from pytest_cna.scenario.faults.container import ContainerKill
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

WEB = unit("web server")
FROZEN = FaultKind("freeze", "container", (), "{} was frozen")


class Freeze(Fault):
    """Of the tests: undone by the machine, too."""

    kind: ClassVar[FaultKind] = FROZEN

    def do(self) -> None:
        self.cluster.machine(self.machine).check(f"docker pause {self.subject}")

    def undo(self) -> None:
        self.cluster.machine(self.machine).check(f"docker unpause {self.subject}")

    @property
    def dead_man(self) -> str:
        return f"docker unpause {self.subject}"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Other tests list the faults there are."""
    yield
    Fault.known.pop(FROZEN, None)


@pytest.fixture
def faults(running: RunningDeployment) -> Iterator[InjectedFaults]:
    faults = InjectedFaults(running.cluster)
    yield faults
    faults.heal_all()


def freeze(running: RunningDeployment) -> Freeze:
    return Freeze(running.cluster, WEB.container, running.machine_of(WEB))


def status(running: RunningDeployment) -> str:
    return simulated(running, machine_of(running, WEB)).containers[WEB.container].status


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


def test_the_machine_undoes_a_fault_whose_run_was_killed(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(freeze(running))
    world.clock.advance(DEAD_MAN - 5.0)
    assert status(running) == "paused"
    world.clock.advance(10.0)
    assert status(running) == "running"
    with pytest.raises(HealFailed, match=rf"freeze of {WEB.container}: .*is not paused"):
        faults.heal_all()


def test_a_timer_of_a_healed_fault_undoes_nothing_later(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(freeze(running))
    faults.heal_all()
    machine_of(running, WEB).check(f"docker pause {WEB.container}")
    world.clock.advance(2 * DEAD_MAN)
    assert status(running) == "paused"


def test_the_last_fault_is_healed_first_and_every_one_is_tried(
    running: RunningDeployment,
) -> None:
    healed: list[str] = []

    class Noted(Freeze):
        kind: ClassVar[FaultKind] = FROZEN
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


def test_faults_of_ones_own_by_the_words_of_the_deployment(scene: Scene) -> None:
    faults = Faults(scene)
    faults.kill_container("cache")
    scene.await_stage("announced")
    faults.inject("container kill", "cache")
    scene.await_stage("announced")
    faults.stop_service("web server")
    scene.await_stage("unrouted")
    faults.undo()
    scene.await_stage("routed")
    faults.lose_machine_of("load balancer")
    scene.await_stage("announced")
    faults.undo()
    scene.await_stage("joined")
    faults.lose_machine_of_leader()
    scene.await_stage("noticed")
    kinds = [recovery.kind.name for recovery in scene.recoveries.all]
    assert kinds[:6] == [
        "container kill",
        "container kill",
        "service stop",
        "service start",
        "machine loss",
        "machine return",
    ]
    with pytest.raises(ConfigurationError, match=r"no kind of fault is called 'flood' .known: "):
        faults.inject("flood", "cache")


def test_a_fault_of_ones_own_is_healed_with_the_others(scene: Scene) -> None:
    Faults(scene).inject_fault(freeze(scene.running))
    assert status(scene.running) == "paused"
    assert scene.recoveries.all == []
    scene.heal()
    assert status(scene.running) == "running"
