"""Observer of fleet: its machines, the placement of units and their systemd states."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from pytest_cna.cluster.endpoints import names_by_id
from pytest_cna.cluster.observer import Observer
from pytest_cna.core.errors import FleetError
from pytest_cna.core.events.fleet import (
    FleetReachable,
    FleetUnreachable,
    MachineGone,
    MachineJoined,
)
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.cluster.fleet import Fleet
    from pytest_cna.core.model import FleetMachine
    from pytest_cna.core.timeline import Timeline


class FleetObserver(Observer):
    """Observer that records every change that fleet reports; it polls every ``interval`` seconds.

    ``fleet`` is a client of its own; ``names`` maps addresses to machine names. When fleet does not
    answer this is recorded and is no error: fleet needs a quorum of etcd.
    """

    what = "fleet"
    error = FleetError

    def __init__(
        self, timeline: Timeline, fleet: Fleet, names: Mapping[str, str], interval: float = 0.25
    ) -> None:
        super().__init__()
        self._timeline = timeline
        self._fleet = fleet
        self._names = names
        self._interval = interval
        self._periods: deque[float] = deque([interval], maxlen=20)
        self._answers: bool | None = None
        self._machines: dict[str, FleetMachine] = {}
        self._placed: dict[str, str] = {}
        self._states: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._known_ids: dict[str, str] = {}

    @property
    def period(self) -> float:
        """The greatest age of what was recorded last (s): the longest of the latest polls and the
        pause after it."""
        return max(self._periods)

    def machines(self) -> list[str]:
        """Names of the machines in fleet's last answer."""
        return [self._name(machine_id) for machine_id in self._machines]

    def states(self) -> list[tuple[str, str, str, str]]:
        """Unit, machine's name, active and sub state, from fleet's last answer."""
        return [(*where, active, sub) for where, (_, active, sub) in self._states.items()]

    def observe(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self.look()
            self._rest(self._interval, began)
            self._periods.append(time.monotonic() - began)

    def look(self) -> None:
        """Poll once, now."""
        try:
            self._look()
        except FleetError as error:
            self._answering(False, str(error))
        else:
            self._answering(True)

    def _look(self) -> None:
        machines = {machine.id: machine for machine in self._fleet.machines()}
        self._known_ids |= names_by_id(machines.values(), self._names)
        placed = {unit.name: self._name(unit.machine_id) for unit in self._fleet.units()}
        states = {
            (state.name, self._name(state.machine_id)): (state.load, state.active, state.sub)
            for state in self._fleet.states()
        }
        self._compare_machines(machines)
        # a destroyed unit is on no machine
        for unit in dict.fromkeys([*self._placed, *placed]):
            machine = placed.get(unit, "")
            if self._placed.get(unit, "") != machine:
                self._timeline.record(UnitScheduled(unit, machine))
        for (unit, machine), state in states.items():
            if self._states.get((unit, machine)) != state:
                self._timeline.record(UnitStateChanged(unit, machine, *state))
        self._machines, self._placed, self._states = machines, placed, states

    def _compare_machines(self, now: Mapping[str, FleetMachine]) -> None:
        for gone in self._machines.keys() - now.keys():
            address = self._machines[gone].address
            self._timeline.record(MachineGone(self._name(gone), address, gone))
        for joined in now.keys() - self._machines.keys():
            address = now[joined].address
            self._timeline.record(MachineJoined(self._name(joined), address, joined))

    def _name(self, machine_id: str) -> str:
        return self._known_ids.get(machine_id, machine_id)

    def _answering(self, answers: bool, error: str = "") -> None:
        if self._answers is not answers:
            self._answers = answers
            made = FleetReachable if answers else FleetUnreachable
            self._timeline.record(made(error=error))
