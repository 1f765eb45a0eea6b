"""systemd and Docker of simulated machines: units start, end, are restarted and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerCreated
from pytest_cna.deployment.unit_file import seconds
from pytest_cna.testing.machine import Container, Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.world import FakeWorld

KILLED = "137"
RESTARTING = frozenset({"always", "on-failure", "on-abnormal"})


class FakeSystemd:
    """Of all machines. A unit of the deployment runs the container that its file names; one that
    is bound to another (``BindsTo``) runs only beside it."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world
        self.on_up: list[Callable[[SimulatedMachine, Process], None]] = []
        """Called when a unit has become active."""
        self.on_down: list[Callable[[SimulatedMachine, Process], None]] = []
        """Called when a unit that was active ends, whatever the reason."""

    def load(self, machine: SimulatedMachine, name: str, file: UnitFile) -> None:
        machine.processes.setdefault(name, Process(name, file)).file = file

    def unload(self, machine: SimulatedMachine, name: str) -> None:
        """Stop it; it is unknown once it has ended."""
        process = machine.processes[name]
        self.stop(machine, name)
        if process.active == "inactive":
            machine.processes.pop(name, None)

    def start(self, machine: SimulatedMachine, name: str) -> None:
        """Idempotent; one that failed is not started again, as fleet does not either."""
        process = machine.processes[name]
        startable = {"inactive"} if process.wanted else {"inactive", "failed"}
        process.wanted = True
        if process.active in startable:
            self._start(machine, process)

    def stop(self, machine: SimulatedMachine, name: str) -> None:
        """Idempotent; those that are bound to it stop first."""
        process = machine.processes[name]
        process.wanted = False
        if process.active not in {"inactive", "deactivating"}:
            self._end(machine, process)

    def kill(self, machine: SimulatedMachine, container: str) -> None:
        """SIGKILL to the container; systemd is left to notice."""
        self._world.docker(machine, "kill", container)
        self._remove(machine, container, KILLED)
        for process in machine.processes.values():
            if self._container(process) == container:
                self._after(machine, process, self._world.delays.end, self._failed)

    def _start(self, machine: SimulatedMachine, process: Process) -> None:
        active = {each.name for each in machine.processes.values() if each.active == "active"}
        if not process.wanted or not active.issuperset(process.bound_to):
            return
        process.become("activating", "start")
        if self._world.is_broken("running", process.name):
            return
        wait = self._world.delays.start if self._container(process) else 0.0
        self._after(machine, process, wait, self._up)

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        container, unit = self._container(process), self._world.unit(process.name)
        created = unit is not None and unit.up_with is ContainerCreated
        if container:
            now = self._world.clock.monotonic()
            machine.containers[container] = Container(
                container, "created" if created else "running", now
            )
            self._world.docker(machine, "create", container)
            if not created:
                self._world.docker(machine, "start", container)
        process.become("active", "exited" if created else "running")
        self._world.log(machine, process.name, "Started.")
        for callback in self.on_up:
            callback(machine, process)
        for follower in self._bound_to(machine, process):
            self._after(machine, follower, _restart_seconds(follower), self._start)

    def _end(self, machine: SimulatedMachine, process: Process) -> None:
        """In good order."""
        self._down(machine, process)
        if process.active == "active" and self._container(process):
            process.become("deactivating", "stop-sigterm")
            self._after(machine, process, self._world.delays.stop, self._ended)
        else:
            self._ended(machine, process)

    def _ended(self, machine: SimulatedMachine, process: Process) -> None:
        if self._container(process) in machine.containers:
            self._remove(machine, self._container(process), "0")
        process.become("inactive", "dead")
        self._world.log(machine, process.name, "Stopped.")
        known = self._world.engine.units.get(process.name)
        if known is None or known.machine != machine.name:
            machine.processes.pop(process.name, None)
        elif process.wanted:
            self._start(machine, process)

    def _failed(self, machine: SimulatedMachine, process: Process) -> None:
        self._world.log(machine, process.name, f"Main process exited, status={KILLED}.")
        self._down(machine, process)
        restart = process.file.value("Service", "Restart") in RESTARTING
        if restart and not self._world.is_broken("restarted", process.name):
            process.become("activating", "auto-restart", "exit-code")
            self._after(machine, process, _restart_seconds(process), self._start)
        else:
            process.become("failed", "failed", "exit-code")

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        for follower in self._bound_to(machine, process):
            if follower.active not in {"inactive", "failed"}:
                self._down(machine, follower)
                follower.become("inactive", "dead")
        if process.active == "active":
            for callback in self.on_down:
                callback(machine, process)

    def _bound_to(self, machine: SimulatedMachine, process: Process) -> list[Process]:
        return [each for each in machine.processes.values() if process.name in each.bound_to]

    def _container(self, process: Process) -> str:
        unit = self._world.unit(process.name)
        return unit.container if unit else ""

    def _remove(self, machine: SimulatedMachine, container: str, exit_code: str) -> None:
        gone = machine.containers.pop(container)
        if gone.status != "created":
            self._world.docker(machine, "die", container, exit_code)
        self._world.docker(machine, "destroy", container)

    def _after(
        self,
        machine: SimulatedMachine,
        process: Process,
        wait: float,
        what: Callable[[SimulatedMachine, Process], None],
    ) -> None:
        """Unless the unit has changed by then, or its machine has lost power."""
        turn = process.turn

        def due(machine: SimulatedMachine) -> None:
            if process.turn == turn and machine.processes.get(process.name) is process:
                what(machine, process)

        self._world.later(machine, wait, due)


def _restart_seconds(process: Process) -> float:
    return seconds(process.file.value("Service", "RestartSec") or "100ms")
