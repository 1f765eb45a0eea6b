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


class Observed:
    """A fleet that answers as set, watched for as long as the context lasts."""

    def __init__(self) -> None:
        self.answers = answers = Answers()
        self.timeline = Timeline()

        class Scripted(Fleet):
            def machines(self) -> list[FleetMachine]:
                answers.looks += 1
                if answers.silent:
                    raise FleetError("no machine's fleet answered")
                return answers.machines

            def units(self) -> list[Unit]:
                return answers.units

            def states(self) -> list[UnitState]:
                return answers.states

        self.observer = FleetObserver(self.timeline, Scripted([]), NAMES, interval=0.001)

    def __enter__(self) -> Observed:
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
    with Observed() as observed:
        assert sorted(observed.observer.machines()) == ["core-1", "core-2"]
        observed.answers.machines = [ONE]
        observed.look()
        assert observed.observer.machines() == ["core-1"]
        observed.answers.machines = [ONE, TWO]
        observed.look()
    joined = [event.machine for event in observed.timeline.events(MachineJoined)]
    assert sorted(joined[:2]) == ["core-1", "core-2"]
    assert joined[2:] == ["core-2"]
    assert observed.timeline.events(MachineGone) == [MachineGone("core-2", "10.0.0.2", "id2")]


def test_a_unit_is_scheduled_moved_and_nowhere() -> None:
    with Observed() as observed:
        for machine_id in ("", "id1", "id1", "id2", ""):
            observed.answers.units = [unit(machine_id)]
            observed.look()
    placed = [event.machine for event in observed.timeline.events(UnitScheduled)]
    assert placed == ["core-1", "core-2", ""]


def test_a_destroyed_unit_is_nowhere() -> None:
    with Observed() as observed:
        observed.answers.units = [unit("id1")]
        observed.look()
        observed.answers.units = []
        observed.look()
    assert observed.timeline.events(UnitScheduled)[-1] == UnitScheduled("a@1.service", "")


def test_a_state_is_reported_once_and_again_when_it_changes() -> None:
    with Observed() as observed:
        observed.answers.states = [UnitState("a@1.service", "id1", *RUNNING)]
        observed.look()
        observed.look()
        assert observed.observer.states() == [("a@1.service", "core-1", "active", "running")]
        observed.answers.states = [UnitState("a@1.service", "id1", "loaded", "failed", "failed")]
        observed.look()
    assert observed.timeline.events(UnitStateChanged) == [
        UnitStateChanged("a@1.service", "core-1", "loaded", active, sub)
        for active, sub in (("active", "running"), ("failed", "failed"))
    ]


def test_a_unit_of_a_lost_machine_keeps_its_machines_name() -> None:
    with Observed() as observed:
        observed.answers.machines = [ONE]
        observed.answers.units = [unit("id2")]
        observed.look()
    assert observed.timeline.events(UnitScheduled) == [UnitScheduled("a@1.service", "core-2")]


def test_a_silent_fleet_is_no_error_and_changes_nothing() -> None:
    with Observed() as observed:
        observed.answers.units = [unit("id1")]
        observed.look()
        observed.answers.silent = True
        observed.look()
        observed.observer.alive()
        assert sorted(observed.observer.machines()) == ["core-1", "core-2"]
        observed.answers.silent = False
        observed.look()
    silent = FleetUnreachable(error="no machine's fleet answered")
    assert observed.timeline.events(FleetUnreachable) == [silent]
    assert len(observed.timeline.events(FleetReachable)) == 2
    assert len(observed.timeline.events(UnitScheduled)) == 1
