"""What a simulated machine answers to the commands that pytest-cna runs on machines."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from pytest_cna.core.model import CommandResult
from pytest_cna.deployment.unit_file import seconds
from pytest_cna.testing.transport import FakeTransport, UnknownCommand

if TYPE_CHECKING:
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.machine import Container, SimulatedMachine
    from pytest_cna.testing.transport import Answer
    from pytest_cna.testing.world import FakeWorld

DAEMONS = frozenset({"etcd.service", "fleet.service"})
"""They run whenever their machine does."""
VERSIONS = {"etcd --version": "3.4.0", "docker version": "20.10.0", "systemctl --version": "252"}


class FakeShell(FakeTransport):
    """The transport of a simulated machine; a test may give it further answers, or other ones."""

    def __init__(self, world: FakeWorld, machine: SimulatedMachine) -> None:
        super().__init__(machine.name)
        self._world = world
        self._machine = machine
        self._timers: set[str] = set()
        answers: dict[str, Answer] = {
            r"^date \+%s\.%N$": lambda _: f"{self._now():.9f}\n",
            r"^docker (kill|pause|unpause|stop|start|restart|rm)\b.*?([\w.@-]+)$": self._docker,
            r"^docker ps -a --filter name=\^/(\S+?)\$": self._status,
            r"^docker ps -a --format": lambda _: self._containers(),
            r"^docker ps --format": lambda _: self._running(),
            r"docker inspect .*?([\w.@-]+)$": self._inspect,
            r"docker exec ([\w.@-]+) .*?(stat|cat|grep|haproxy -v)": self._exec,
            r"docker rm -f cna-times": lambda _: self._container_times(),
            r"while docker exec .* kill -0": lambda _: self._reload_times(),
            r"^systemctl show .* (\S+)$": self._show,
            r"^systemd-run .*?--unit=(\S+) --on-active=(\S+) .*?/bin/sh -c (.+)$": self._run_later,
            r"^systemctl stop (\S+)\.timer$": self._stop_timer,
            r"^curl .*:(\d+)/": self._get,
            r"/dev/tcp/[\d.]+/(\d+)": self._connect,
            r"^journalctl .*-o json": lambda _: self._journal_json(),
            r"^journalctl ((?:-u \S+ )+)": self._journal_of,
            r"etcdctl .*member list": lambda _: self._members(),
            r"etcdctl .*move-leader (\S+)": self._move_leader,
            **{f"^{command}": f"{version}\n" for command, version in VERSIONS.items()},
        }
        for pattern, answer in answers.items():
            self.answer(pattern, answer)

    def run(self, command: str, timeout: float) -> CommandResult:
        clock = self._world.clock
        with clock.lock:
            clock.sleep(self._world.delays.command)
            return self._run(command, timeout)

    def _run(self, command: str, timeout: float) -> CommandResult:
        machine = self._machine
        if machine.reachable:
            self.lost = ""
        elif not machine.power:
            self.lost = "it has no power"
        else:
            self.lost = "it is cut off" if machine.isolated else "it is booting"
        return super().run(command, timeout)

    def _now(self) -> float:
        return self._world.clock.wall() + self._machine.drift

    def _unit(self, container: str) -> DeployedUnit | None:
        units = map(self._world.unit, self._machine.processes)
        return next((unit for unit in units if unit and unit.container == container), None)

    def _docker(self, match: re.Match[str]) -> str | CommandResult:
        verb, name = match[1], match[2]
        container = self._machine.containers.get(name)
        if container is None:
            said = f"Error response from daemon: No such container: {name}\n"
            return CommandResult(match.string, 1, "", said)
        if verb == "kill":
            if container.status == "created":
                said = (
                    f"Error response from daemon: Cannot kill container: {name}: Container {name} "
                    "is not running\n"
                )
                return CommandResult(match.string, 1, "", said)
            self._world.docker.kill(self._machine, name)
        elif verb in {"pause", "unpause"}:
            return self._pause(match, container)
        else:
            raise UnknownCommand(f"the fake machine {self.machine} does no '{match.string}'")
        return f"{name}\n"

    def _pause(self, match: re.Match[str], container: Container) -> str | CommandResult:
        before, after = ("running", "paused") if match[1] == "pause" else ("paused", "running")
        if container.status != before:
            said = f"Error response from daemon: Container {container.name} is not {before}\n"
            return CommandResult(match.string, 1, "", said)
        if after == "paused":
            self._world.docker.pause(self._machine, container.name)
        else:
            self._world.docker.unpause(self._machine, container.name)
        return f"{container.name}\n"

    def _status(self, match: re.Match[str]) -> str:
        container = self._machine.containers.get(match[1].replace("\\", ""))
        return f"{_words(container)}\n" if container else ""

    def _inspect(self, match: re.Match[str]) -> str | CommandResult:
        container = self._machine.containers.get(match[1])
        if container is None:
            return CommandResult(match.string, 1, "", f"Error: No such object: {match[1]}\n")
        paused = str(container.status == "paused").lower()
        return f"{paused if 'Paused' in match.string else container.status}\n"

    def _containers(self) -> str:
        rows = [f"{each.name}  {_words(each)}" for each in self._machine.containers.values()]
        return "\n".join(["NAMES  STATUS", *rows]) + "\n"

    def _running(self) -> str:
        containers = self._machine.containers.values()
        return "".join(f"{each.name}\n" for each in containers if each.status != "created")

    def _exec(self, match: re.Match[str]) -> str | CommandResult:
        unit = self._unit(match[1])
        if unit is None or match[1] not in self._machine.containers:
            said = f"Error response from daemon: No such container: {match[1]}\n"
            return CommandResult(match.string, 1, "", said)
        if match[2] == "haproxy -v":
            return "2.6.0\n"
        rendered = self._world.followers.rendered(self._machine, unit)
        if unit.service.stats_port:
            lines = [f"server {entry.server} {entry.endpoint} check" for entry in rendered.entries]
        else:
            lines = [f"{entry.service} {entry.endpoint}" for entry in rendered.entries]
        if match[2] == "grep":
            lines = [line for line in lines if any(w in line for w in match.string.split())]
        text = "".join(f"{line}\n" for line in lines)
        return f"{rendered.at + self._machine.drift:.9f}\n{text}" if match[2] == "stat" else text

    def _container_times(self) -> str:
        delays, begun = self._world.delays, self._now()
        times = (begun, begun + delays.start, begun + 9, begun + 9.2 + delays.start + delays.end)
        return " ".join(f"{each:.9f}" for each in times) + "\n"

    def _reload_times(self) -> str:
        return f"{self._now():.9f}\n{self._now() + self._world.delays.render:.9f}\n"

    def _show(self, match: re.Match[str]) -> str:
        process = self._machine.processes.get(match[1])
        active, sub, result = (
            (process.active, process.sub, process.result)
            if process
            else ("active", "running", "success")
            if match[1] in DAEMONS
            else ("inactive", "dead", "success")
        )
        return f"Result={result}\nActiveState={active}\nSubState={sub}\n"

    def _run_later(self, match: re.Match[str]) -> str:
        """A timer of systemd, which runs whether or not the machine can be reached."""
        unit, wait, (command,) = match[1], seconds(match[2]), shlex.split(match[3])
        self._timers.add(unit)

        def due(machine: SimulatedMachine) -> None:
            if unit in self._timers:
                self._timers.discard(unit)
                super(FakeShell, self).run(command, 0.0)

        self._world.later(self._machine, wait, due)
        return ""

    def _stop_timer(self, match: re.Match[str]) -> str | CommandResult:
        if match[1] not in self._timers:
            said = f"Failed to stop {match[1]}.timer: Unit {match[1]}.timer not loaded.\n"
            return CommandResult(match.string, 5, "", said)
        self._timers.discard(match[1])
        return ""

    def _get(self, match: re.Match[str]) -> str:
        return "200" if self._instance_answers(int(match[1])) else "000"

    def _connect(self, match: re.Match[str]) -> str | CommandResult:
        if self._instance_answers(int(match[1])):
            return "open\n"
        return CommandResult(match.string, 1, "", "connect: Connection refused\n")

    def _instance_answers(self, port: int) -> bool:
        found = self._world.instances.at(self._machine.address, port)
        return found is not None and self._world.instances.answers(*found)

    def _journal_json(self) -> str:
        lines = [
            json.dumps(
                {
                    "__REALTIME_TIMESTAMP": f"{(at + self._machine.drift) * 1e6:.0f}",
                    "MESSAGE": message,
                    "_SYSTEMD_UNIT": unit,
                }
            )
            for at, machine, unit, message in self._world.journal
            if machine == self.machine
        ]
        return "\n".join(lines)

    def _journal_of(self, match: re.Match[str]) -> str:
        units = set(match[1].replace("'", "").split()) - {"-u"}
        return "\n".join(
            f"{at:.3f} {machine} {unit}: {message}"
            for at, machine, unit, message in self._world.journal
            if machine == self.machine and unit in units
        )

    def _members(self) -> str:
        return "".join(
            f"{each.id[:16]}, started, {each.name}, http://{each.address}:2380, "
            f"http://{each.address}:2379, false\n"
            for each in self._world.etcd.members
        )

    def _move_leader(self, match: re.Match[str]) -> str:
        members = self._world.etcd.members
        self._world.etcd.leader = next(each.name for each in members if each.id[:16] == match[1])
        self._world.changed()
        return "Leadership transferred\n"


def _words(container: Container) -> str:
    return {"created": "Created", "running": "Up", "paused": "Up (Paused)"}[container.status]
