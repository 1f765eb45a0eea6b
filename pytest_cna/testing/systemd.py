"""systemd of simulated machines: units start, end, are restarted and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerCreated
from pytest_cna.deployment.unit_file import seconds
from pytest_cna.testing.docker import CLEAN, KILLED
from pytest_cna.testing.machine import Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.deployment.unit_file import UnitFile
    from pytest_cna.testing.docker import FakeDocker
    from pytest_cna.testing.machine import Container, SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings

RESTARTING = frozenset({"always", "on-failure", "on-abnormal"})


class FakeSystemd:
    """Of all machines. A unit of the deployment runs the container that its file names; one that
    is bound to another (``BindsTo``) runs only beside it."""

    def __init__(self, around: Surroundings, docker: FakeDocker) -> None:
        self._around = around
        self._docker = docker
        docker.on_death.append(self._died)
        self._stuck: list[tuple[SimulatedMachine, Process, int]] = []
        around.defects.on_begin["never running"] = [
            lambda defect: defect.ends.append(self._start_stuck)
        ]
        self.on_up: list[Callable[[SimulatedMachine, Process], None]] = []
        """Called when a unit has become active."""
        self.on_down: list[Callable[[SimulatedMachine, Process], None]] = []
        """Called when a unit that was active ends, whatever the reason."""

    def load(self, machine: SimulatedMachine, name: str, file: UnitFile) -> None:
        process = machine.processes.setdefault(name, Process(name, file))
        process.file = file
        process.kept, process.foreign = True, False

    def unload(self, machine: SimulatedMachine, name: str) -> None:
        """Stop it; it is unknown once it has ended."""
        process = machine.processes[name]
        if process.foreign:
            return
        process.kept = False
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

    def revive(self, machine: SimulatedMachine) -> None:
        """After a boot, of a machine that starts its units by itself."""
        if self._around.defects.on("units revive", machine.name):
            again = [old for old in machine.old_processes if old.wanted]
            for old in again:
                machine.processes.setdefault(old.name, Process(old.name, old.file, foreign=True))
            for old in again:
                self.start(machine, old.name)

    def _start(self, machine: SimulatedMachine, process: Process) -> None:
        active = {each.name for each in machine.processes.values() if each.active == "active"}
        bound = not self._unbound(process)
        if not process.wanted or (bound and not active.issuperset(process.bound_to)):
            return
        self._become(process, "activating", "start")
        if self._around.defects.on("never running", process.name):
            self._stuck.append((machine, process, process.turn))
            return
        start = self._around.varied(self._around.delays.start)
        self._after(machine, process, start if self._container(process) else 0.0, self._up)

    def _start_stuck(self) -> None:
        stuck, self._stuck = self._stuck, []
        for machine, process, turn in stuck:
            if process.turn == turn and machine.processes.get(process.name) is process:
                self._start(machine, process)

    def _up(self, machine: SimulatedMachine, process: Process) -> None:
        name, unit = self._container(process), self._around.unit(process.name)
        created = unit is not None and unit.up_with is ContainerCreated
        if name and not self._around.defects.on("no container", process.name):
            self._live(machine, process, self._docker.run(machine, name, created=created))
        self._become(process, "active", "exited" if created else "running")
        self._around.log(machine, process.name, "Started.")
        for callback in self.on_up:
            callback(machine, process)
        for follower in self._bound_to(machine, process):
            self._after(machine, follower, _restart_seconds(follower), self._start)

    def _live(self, machine: SimulatedMachine, process: Process, container: Container) -> None:
        """As long as it can."""
        lives = self._around.defects.value("dies after start", process.name)

        def dies(machine: SimulatedMachine) -> None:
            if machine.containers.get(container.name) is container:
                self._docker.kill(machine, container.name)

        if lives is not None:
            self._around.later(machine, lives, dies)

    def _end(self, machine: SimulatedMachine, process: Process) -> None:
        """In good order."""
        self._down(machine, process)
        if process.active == "active" and self._container(process):
            self._become(process, "deactivating", "stop-sigterm")
            hangs = self._around.defects.value("stop hangs", process.name) or 0.0
            stop = self._around.varied(self._around.delays.stop)
            self._after(machine, process, stop + hangs, self._ended)
        else:
            self._ended(machine, process)

    def _ended(self, machine: SimulatedMachine, process: Process) -> None:
        container = self._container(process)
        outlives = self._around.defects.on("outlives stop", process.name)
        if container in machine.containers and not outlives:
            self._docker.remove(machine, container, CLEAN)
        self._become(process, "inactive", "dead")
        self._around.log(machine, process.name, "Stopped.")
        if not process.kept:
            machine.processes.pop(process.name, None)
        elif process.wanted:
            self._start(machine, process)

    def _died(self, machine: SimulatedMachine, container: str) -> None:
        for process in machine.processes.values():
            running = process.active in {"active", "deactivating"}
            if running and self._container(process) == container:
                end = self._around.varied(self._around.delays.end)
                self._after(machine, process, end, self._failed)

    def _failed(self, machine: SimulatedMachine, process: Process) -> None:
        self._around.log(machine, process.name, f"Main process exited, status={KILLED}.")
        if process.active == "deactivating":
            self._ended(machine, process)
            return
        self._down(machine, process)
        restart = process.file.value("Service", "Restart") in RESTARTING
        if restart and not self._around.defects.on("never restarted", process.name):
            self._become(process, "activating", "auto-restart", "exit-code")
            self._after(machine, process, _restart_seconds(process), self._start)
        else:
            self._become(process, "failed", "failed", "exit-code")

    def _down(self, machine: SimulatedMachine, process: Process) -> None:
        for follower in self._bound_to(machine, process):
            if follower.active not in {"inactive", "failed"}:
                self._down(machine, follower)
                self._become(follower, "inactive", "dead")
        if process.active == "active":
            for callback in self.on_down:
                callback(machine, process)

    def _bound_to(self, machine: SimulatedMachine, process: Process) -> list[Process]:
        return [
            each
            for each in machine.processes.values()
            if process.name in each.bound_to and not self._unbound(each)
        ]

    def _unbound(self, process: Process) -> bool:
        return self._around.defects.on("unbound", process.name, *process.bound_to)

    def _container(self, process: Process) -> str:
        unit = self._around.unit(process.name)
        return unit.container if unit else ""

    def _become(self, process: Process, active: str, sub: str, result: str = "success") -> None:
        process.become(active, sub, result)
        self._around.changed()

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

        self._around.later(machine, wait, due)


def _restart_seconds(process: Process) -> float:
    return seconds(process.file.value("Service", "RestartSec") or "100ms")
