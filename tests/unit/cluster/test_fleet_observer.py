"""What of fleet's answers becomes an event: changes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_cna.cluster.fleet import Fleet
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.core.errors import FleetError
from pytest_cna.core.events.fleet import (
    FleetReachable,
    FleetUnreachable,
    MachineGone,
    MachineJoined,
)
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.model import FleetMachine, Unit, UnitState
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for

NAMES = {"10.0.0.1": "core-1", "10.0.0.2": "core-2"}
ONE, TWO = FleetMachine("id1", "10.0.0.1", {}), FleetMachine("id2", "10.0.0.2", {})
RUNNING = ("loaded", "active", "running")


@dataclass
class Answers:
    machines: list[FleetMachine] = field(default_factory=lambda: [ONE, TWO])
    units: list[Unit] = field(default_factory=list)
    states: list[UnitState] = field(default_factory=list)
    silent: bool = False
    looks: int = 0


class Told:
    """A fleet that answers as told, watched for as long as the context lasts."""

    def __init__(self) -> None:
        self.answers = answers = Answers()
        self.timeline = Timeline()

        class Scripted(Fleet):
            def machines(self) -> list[FleetMachine]:
                answers.looks += 1
                if answers.silent:
                    raise FleetError("fleet answers on no machine")
                return answers.machines

            def units(self) -> list[Unit]:
                return answers.units

            def states(self) -> list[UnitState]:
                return answers.states

        self.observer = FleetObserver(self.timeline, Scripted([]), NAMES, interval=0.001)

    def __enter__(self) -> Told:
        self.observer.start()
        self.look()
        return self

    def __exit__(self, *_: object) -> None:
        self.observer.stop()
        self.observer.alive()

    def look(self) -> None:
        """Return when a whole look has begun and ended since."""
        seen = self.answers.looks
        wait_for(
            lambda: self.answers.looks >= seen + 2,
            waiting_for="two looks",
            timeout=5,
            interval=0.001,
        )


def unit(machine_id: str) -> Unit:
    return Unit("a@1.service", "launched", "launched", machine_id)


def test_machines_are_named_when_they_join_and_when_they_go() -> None:
    with Told() as told:
        assert sorted(told.observer.machines()) == ["core-1", "core-2"]
        told.answers.machines = [ONE]
        told.look()
        assert told.observer.machines() == ["core-1"]
        told.answers.machines = [ONE, TWO]
        told.look()
    joined = [event.machine for event in told.timeline.events(MachineJoined)]
    assert sorted(joined[:2]) == ["core-1", "core-2"]
    assert joined[2:] == ["core-2"]
    assert told.timeline.events(MachineGone) == [MachineGone("core-2", "10.0.0.2", "id2")]


def test_a_unit_is_scheduled_moved_and_nowhere() -> None:
    with Told() as told:
        for machine_id in ("", "id1", "id1", "id2", ""):
            told.answers.units = [unit(machine_id)]
            told.look()
    placed = [event.machine for event in told.timeline.events(UnitScheduled)]
    assert placed == ["core-1", "core-2", ""]


def test_a_destroyed_unit_is_nowhere() -> None:
    with Told() as told:
        told.answers.units = [unit("id1")]
        told.look()
        told.answers.units = []
        told.look()
    assert told.timeline.events(UnitScheduled)[-1] == UnitScheduled("a@1.service", "")


def test_a_state_is_told_once_and_again_when_it_changes() -> None:
    with Told() as told:
        told.answers.states = [UnitState("a@1.service", "id1", *RUNNING)]
        told.look()
        told.look()
        assert told.observer.states() == [("a@1.service", "core-1", "active", "running")]
        told.answers.states = [UnitState("a@1.service", "id1", "loaded", "failed", "failed")]
        told.look()
    assert told.timeline.events(UnitStateChanged) == [
        UnitStateChanged("a@1.service", "core-1", "loaded", active, sub)
        for active, sub in (("active", "running"), ("failed", "failed"))
    ]


def test_a_unit_of_a_lost_machine_keeps_its_machines_name() -> None:
    with Told() as told:
        told.answers.machines = [ONE]
        told.answers.units = [unit("id2")]
        told.look()
    assert told.timeline.events(UnitScheduled) == [UnitScheduled("a@1.service", "core-2")]


def test_a_silent_fleet_is_no_error_and_changes_nothing() -> None:
    with Told() as told:
        told.answers.units = [unit("id1")]
        told.look()
        told.answers.silent = True
        told.look()
        told.observer.alive()
        assert sorted(told.observer.machines()) == ["core-1", "core-2"]
        told.answers.silent = False
        told.look()
    silent = FleetUnreachable(error="fleet answers on no machine")
    assert told.timeline.events(FleetUnreachable) == [silent]
    assert len(told.timeline.events(FleetReachable)) == 2
    assert len(told.timeline.events(UnitScheduled)) == 1
