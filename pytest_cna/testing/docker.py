"""Docker of simulated machines: their containers, and the events that it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.testing.defect_kinds import FOREVER
from pytest_cna.testing.machine import Container

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings

KILLED = "137"
CLEAN = "0"
INSTANT = 1_000_000
"""Nanoseconds."""


class FakeDocker:
    """Of all machines."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._last: dict[str, int] = {}
        self.on_event: list[Callable[[SimulatedMachine, dict[str, object]], None]] = []
        """Called with each event, as ``docker events --format '{{json .}}'`` has it."""
        self.on_death: list[Callable[[SimulatedMachine, str], None]] = []
        """Called when a container was killed, by whomever, with its name."""

    def run(self, machine: SimulatedMachine, name: str, *, created: bool = False) -> Container:
        """Start a container, or only create it; one of that name is removed before."""
        if name in machine.containers:
            self.remove(machine, name, KILLED)
        now = self._around.clock.monotonic()
        ready = now + (0.0 if created else self._around.varied(self._around.delays.answer))
        container = Container(name, "created" if created else "running", now, ready)
        machine.containers[name] = container
        self._tell(machine, "create", name)
        if not created:
            self._tell(machine, "start", name)
            self._around.later(machine, ready - now, lambda machine: self._around.changed())
        return container

    def kill(self, machine: SimulatedMachine, name: str) -> None:
        """SIGKILL to a container that runs; its unit is left to notice."""
        self._tell(machine, "kill", name)
        self.remove(machine, name, KILLED)
        for callback in self.on_death:
            callback(machine, name)

    def remove(self, machine: SimulatedMachine, name: str, exit_code: str) -> None:
        """It has ended, and is gone."""
        container = machine.containers.pop(name)
        was, container.status = container.status, "exited"
        container.exit_code = exit_code
        if was != "created":
            self._tell(machine, "die", name, exit_code)
        self._tell(machine, "destroy", name)

    def pause(self, machine: SimulatedMachine, name: str) -> None:
        machine.containers[name].status = "paused"
        self._tell(machine, "pause", name)

    def unpause(self, machine: SimulatedMachine, name: str) -> None:
        machine.containers[name].status = "running"
        self._tell(machine, "unpause", name)

    def rejoined(self, machine: SimulatedMachine) -> None:
        """It can be reached again: what its Docker did meanwhile is known now."""
        unseen, machine.unseen = machine.unseen, []
        for event in unseen:
            self._seen(machine, event)

    def revive(self, machine: SimulatedMachine) -> None:
        """After a boot, of a machine whose Docker starts the old containers by itself."""
        lives = self._around.defects.value("containers revive", machine.name)
        if lives is None:
            return
        for old in machine.old_containers:
            if old.name not in machine.containers and old.status != "created":
                again = self.run(machine, old.name)
                if lives < FOREVER:
                    self._end_later(machine, again, lives)

    def _end_later(self, machine: SimulatedMachine, container: Container, seconds: float) -> None:
        self._around.later(machine, seconds, lambda machine: self._end(machine, container))

    def _end(self, machine: SimulatedMachine, container: Container) -> None:
        if machine.containers.get(container.name) is container:
            self.remove(machine, container.name, CLEAN)

    def _tell(
        self, machine: SimulatedMachine, action: str, container: str, exit_code: str = ""
    ) -> None:
        self._around.changed()
        now = round((self._around.clock.wall() + machine.drift) * 1e9)
        last = self._last.get(machine.name, 0)
        if now <= last < now + INSTANT:  # no two events of a Docker have the same time
            now = last + 1000
        self._last[machine.name] = now
        attributes = {"name": container} | ({"exitCode": exit_code} if exit_code else {})
        event: dict[str, object] = {
            "Action": action,
            "Actor": {"Attributes": attributes},
            "timeNano": now,
        }
        if machine.isolated:
            machine.unseen.append(event)
        else:
            self._seen(machine, event)

    def _seen(self, machine: SimulatedMachine, event: dict[str, object]) -> None:
        for callback in list(self.on_event):
            callback(machine, event)
