"""Faults: what is done and undone, in which order, and what is said when that fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest
from simulated import machine_of, shell, simulated, unit

from pytest_cna.cluster.engine.docker import Docker, unpause
from pytest_cna.core.errors import (
    CapabilityMissing,
    ConfigurationError,
    HealFailed,
    InjectFailed,
    ProductFailed,
)
from pytest_cna.core.events.fault import (
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultInjected,
    FaultInjecting,
    FaultUndoneByGuard,
)
from pytest_cna.core.fault_kinds import CONTAINER_KILL, FAULT_KINDS, FaultKind
from pytest_cna.core.model import CommandResult
from pytest_cna.scenario.faults.base import LEAST_LIMIT, Fault, Guard
from pytest_cna.scenario.faults.catalogue import FAULTS, fault_of
from pytest_cna.scenario.faults.container import ContainerKill, ContainerPause
from pytest_cna.scenario.faults.injected import LONGEST, MARGIN, InjectedFaults
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop
from pytest_cna.scenario.faults.target import Target, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld

WEB = unit("web server")
FROZEN = FaultKind("freeze", "container", (), "{} was frozen")


class Freeze(Fault):
    """Of the tests: undone by the machine, too."""

    kind: ClassVar[FaultKind] = FROZEN

    def do(self) -> None:
        Docker(self.cluster.machine(self.machine)).pause(self.subject)

    def undo(self) -> None:
        Docker(self.cluster.machine(self.machine)).resume(self.subject)

    @property
    def dead_man(self) -> str:
        return unpause(self.subject)


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


def events(running: RunningDeployment) -> list[type[FaultEvent]]:
    return [type(event) for event in running.timeline.events(FaultEvent)]


def armed(running: RunningDeployment) -> list[float]:
    """Seconds after which timers on the machine of WEB undo something."""
    ran = shell(machine_of(running, WEB)).ran
    found = [re.search(r"^systemd-run .*--on-active=(\S+)", command) for command in ran]
    return [float(match[1]) for match in found if match]


# guards


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
    faults.inject(fault, 300.0)
    world.clock.advance(300.0 + MARGIN + 5.0)
    assert status(running) == "running"
    faults.heal(fault)
    (found,) = running.timeline.events(FaultUndoneByGuard)
    assert (found.target, found.fault, found.machine) == (WEB.container, "freeze", fault.machine)
    assert events(running)[-2:] == [FaultHealed, FaultUndoneByGuard]


def test_a_fault_that_is_healed_in_time_was_not_undone_by_its_machine(
    running: RunningDeployment, faults: InjectedFaults, world: FakeWorld
) -> None:
    fault = freeze(running)
    faults.inject(fault)
    world.clock.advance(LEAST_LIMIT + MARGIN - 5.0)
    faults.heal(fault)
    assert events(running) == [FaultInjecting, FaultInjected, FaultHealing, FaultHealed]


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
    running: RunningDeployment, faults: InjectedFaults
) -> None:
    faults.inject(ContainerKill(running.cluster, WEB.container, running.machine_of(WEB)))
    assert armed(running) == []


# healing


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
    assert events(running) == []
    assert not faults.in_effect(fault)


def test_what_is_in_effect(running: RunningDeployment, faults: InjectedFaults) -> None:
    first, second = freeze(running), ContainerKill(running.cluster, "x.1", "core-1")
    faults.inject(first)
    with pytest.raises(InjectFailed):
        faults.inject(second)
    # it may have been done for all that: it is healed too
    assert faults.kept_up == [first, second]
    assert faults.in_effect(first)
    faults.heal(first)
    assert not faults.in_effect(first)
    assert faults.kept_up == [second]


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
