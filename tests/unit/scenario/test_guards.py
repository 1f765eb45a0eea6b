"""Guards: machines undo faults by themselves when the run no longer can."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from freezing import WEB, Freeze, fault_events, freeze, status
from simulated import machine_of, shell, unit

from pytest_cna.cluster.engine.docker import Docker, unpause
from pytest_cna.core.events.fault import (
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.scenario.faults.base import LEAST_LIMIT, Guard
from pytest_cna.scenario.faults.container import ContainerKill
from pytest_cna.scenario.faults.injected import LONGEST, MARGIN, InjectedFaults
from pytest_cna.scenario.faults.target import Target

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld


def armed(running: RunningDeployment) -> list[float]:
    """Seconds after which timers on the machine of WEB undo something."""
    ran = shell(machine_of(running, WEB)).ran
    found = [re.search(r"^systemd-run .*--on-active=(\S+)", command) for command in ran]
    return [float(match[1]) for match in found if match]


def test_the_machine_undoes_a_fault_whose_run_was_killed(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(freeze(running))
    world.clock.advance(LEAST_LIMIT + MARGIN - 5.0)
    assert status(running) == "paused"
    world.clock.advance(10.0)
    assert status(running) == "running"


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (0.0, LEAST_LIMIT + MARGIN),
        (5.0, LEAST_LIMIT + MARGIN),
        (306.75, 306.75 + MARGIN),
        (10_000.0, LONGEST),
    ],
)
def test_a_guard_waits_until_what_follows_is_over(
    running: RunningDeployment, faults: InjectedFaults, limit: float, seconds: float
) -> None:
    faults.inject(freeze(running), limit)
    assert armed(running) == [pytest.approx(seconds)]


def test_a_fault_that_its_machine_undid_is_found_out(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    """What followed cannot be judged: the scenario is told."""
    fault = freeze(running)
    begun = faults.inject(fault, 300.0)
    world.clock.advance(300.0 + MARGIN - 1.0)
    faults.note_guards()
    assert FaultUndoneByGuard not in fault_events(running)
    world.clock.advance(6.0)
    assert status(running) == "running"
    faults.note_guards()
    (found,) = running.timeline.events(FaultUndoneByGuard)
    assert (found.target, found.fault, found.machine) == (WEB.container, "freeze", fault.machine)
    assert found.monotonic - begun.monotonic == pytest.approx(300.0 + MARGIN)
    assert faults.in_effect(fault)
    faults.heal(fault)
    assert fault_events(running)[-3:] == [FaultUndoneByGuard, FaultHealing, FaultHealed]


def test_what_its_machine_undid_is_found_out_when_it_is_healed(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(freeze(running))
    world.clock.advance(LEAST_LIMIT + MARGIN + 5.0)
    faults.heal_all()
    assert fault_events(running)[-3:] == [FaultUndoneByGuard, FaultHealing, FaultHealed]


def test_a_fault_that_is_healed_in_time_was_not_undone_by_its_machine(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    fault = freeze(running)
    faults.inject(fault)
    world.clock.advance(LEAST_LIMIT + MARGIN - 5.0)
    faults.heal(fault)
    assert fault_events(running) == [FaultInjecting, FaultInjected, FaultHealing, FaultHealed]


def test_a_timer_of_a_healed_fault_undoes_nothing_later(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(freeze(running))
    faults.heal_all()
    machine_of(running, WEB).check(f"docker pause {WEB.container}")
    world.clock.advance(2 * (LEAST_LIMIT + MARGIN))
    assert status(running) == "paused"


def test_a_fault_may_have_several_guards(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    """One for each machine that it touches."""
    other = unit("web server", 1)
    names = {running.machine_of(WEB): WEB.container, running.machine_of(other): other.container}

    class Both(Freeze):
        @property
        def guards(self) -> list[Guard]:
            return [Guard(machine, unpause(name)) for machine, name in names.items()]

        def do(self) -> None:
            for machine, name in names.items():
                Docker(self.cluster.machine(machine)).pause(name)

    faults.inject(Both(running.cluster, Target(tuple(names), name="both")))
    world.clock.advance(LEAST_LIMIT + MARGIN + 5.0)
    for machine, name in names.items():
        assert world.machines[machine].containers[name].status == "running"


def test_what_no_machine_could_undo_has_no_timer(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    faults.inject(ContainerKill(running.cluster, WEB.container, running.machine_of(WEB)))
    assert armed(running) == []
    world.clock.advance(2 * (LEAST_LIMIT + MARGIN))
    faults.note_guards()
    assert FaultUndoneByGuard not in fault_events(running)
