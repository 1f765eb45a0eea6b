"""Docker of a machine: the only place that spells its commands for containers."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.model import CommandResult

ANSWER = 5.0
"""Seconds that a question may take."""


class Docker:
    """Docker of one machine. Every method raises TransportError when the machine cannot be reached,
    CommandFailed when Docker refuses."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def kill(self, container: str) -> None:
        """SIGKILL to the first process of a running container."""
        self._machine.check(f"docker kill --signal KILL {shlex.quote(container)}")

    def pause(self, container: str) -> None:
        """Freeze every process of a running container."""
        self._machine.check(f"docker pause {shlex.quote(container)}")

    def resume(self, container: str) -> None:
        """Let a paused container go on; does nothing when it is gone or not paused."""
        name = shlex.quote(container)
        shown = self._machine.run(f"docker inspect --format '{{{{.State.Paused}}}}' {name}")
        if shown.stdout.strip() == "true":
            self._machine.check(unpause(container))

    def status(self, container: str) -> str:
        """Its status as ``docker ps`` prints it, ``Up 3 seconds``; empty when there is none."""
        command = f"docker ps -a --filter name=^/{container}$ --format '{{{{.Status}}}}'"
        return self._machine.check(command, ANSWER).strip()

    def running(self) -> frozenset[str]:
        """Names of the containers that run, paused ones included."""
        shown = self._machine.check("docker ps --format '{{.Names}}'", ANSWER)
        return frozenset(shown.split())

    def execute(self, container: str, command: str, timeout: float = ANSWER) -> CommandResult:
        """Run ``command`` in a running container; its exit status is not looked at."""
        return self._machine.run(_within(container, command), timeout)

    def check(self, container: str, command: str, timeout: float = ANSWER) -> str:
        """The output of ``command`` in a running container. Raises CommandFailed also when it, or
        Docker, reports a failure."""
        return self._machine.check(_within(container, command), timeout)


def _within(container: str, command: str) -> str:
    return f"docker exec {shlex.quote(container)} {command}"


def unpause(container: str) -> str:
    """The shell command that lets a paused container go on, for a timer on the machine."""
    return f"docker unpause {shlex.quote(container)}"
