"""A small simulation of a cluster that runs a deployment, moved by a clock that a test moves.

A unit that is launched is placed on a machine, its container starts after a while, its sidekick
announces it in etcd, confd renders it and HAProxy routes to it; all of that is undone, or done
again elsewhere, when a container is killed, a unit is stopped or a machine loses power. ``delays``
says how long each step takes, ``never`` which step does not come at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.timing import NATIVE
from pytest_cna.testing.balancer import FakeFollowers
from pytest_cna.testing.clock import FakeClock
from pytest_cna.testing.delays import Delays
from pytest_cna.testing.etcd import FakeEtcd
from pytest_cna.testing.fleet import FakeEngine
from pytest_cna.testing.machine import SimulatedMachine
from pytest_cna.testing.requests import FakeRequests
from pytest_cna.testing.sidekicks import FakeSidekicks
from pytest_cna.testing.systemd import FakeSystemd

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.core.timing import Timing
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.machines.spec import MachineSpec

    Step = Literal["scheduled", "running", "restarted", "announced", "withdrawn", "rendered"]


class FakeWorld:
    """Everything there is in one simulated cluster. Not thread-safe, but for its clock."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.delays = Delays()
        self.timing: Timing = NATIVE
        self.deployment: Deployment | None = None
        """What the units stand for; known once a deployment is watched."""
        self.machines: dict[str, SimulatedMachine] = {}
        self.journal: list[tuple[float, str, str, str]] = []
        """Unix time, machine, unit, message."""
        self.on_container: list[Callable[[SimulatedMachine, dict[str, object]], None]] = []
        """Called with each event of a Docker, as ``docker events --format '{{json .}}'`` has it."""
        self.lost: set[str] = set()
        """Ids that customers created and that are not there any more."""
        self.etcd = FakeEtcd(self)
        self.engine = FakeEngine(self)
        self.systemd = FakeSystemd(self)
        self.sidekicks = FakeSidekicks(self)
        self.followers = FakeFollowers(self)
        self.requests = FakeRequests(self)
        self._broken: set[tuple[Step, str]] = set()
        self._begun = False
        self._docker_time = 0

    def never(self, step: Step, unit: str) -> None:
        """From now on, on the machines there are, this step does not come: ``unit`` is not
        *scheduled*, does not get *running*, is not *restarted* after its end, not *announced* or
        *withdrawn* (the main unit's name for the former, the sidekick's for the latter), or what
        its confd follows is not *rendered*."""
        self._broken.add((step, unit))

    def mend(self) -> None:
        """Every step comes again."""
        self._broken.clear()

    def is_broken(self, step: Step, unit: str) -> bool:
        return (step, unit) in self._broken

    # machines

    def provision(self, specs: tuple[MachineSpec, ...], timing: Timing) -> None:
        """Have these machines in the place of any other, with power, starting."""
        if self.machines:
            self.remove_all()
        self.timing = timing
        for spec in specs:
            machine = SimulatedMachine(spec, id=spec.name.encode().hex().ljust(32, "0"))
            machine.silent_since = float("-inf")
            self.machines[spec.name] = machine
            self.power_on(machine)
        if not self._begun:
            self._begun = True
            self.clock.every(timing.engine_interval, self.engine.run)
            self.clock.every(self.delays.check, self.followers.check)

    def remove_all(self) -> None:
        """Idempotent."""
        for machine in self.machines.values():
            self.power_off(machine)
        self.machines.clear()
        self.etcd.entries.clear()
        self.etcd.leader = ""
        self.engine.units.clear()
        self.mend()

    def power_on(self, machine: SimulatedMachine) -> None:
        """Idempotent."""
        if machine.power:
            return
        machine.power = True
        machine.boots += 1
        self.log(machine, "kernel", "Booting.")

        def booted(machine: SimulatedMachine) -> None:
            machine.up = True
            self.etcd.members_changed()
            self.engine.request()

        self.later(machine, self.delays.boot, booted)

    def power_off(self, machine: SimulatedMachine) -> None:
        """A power cut. Idempotent."""
        if machine.power:
            self.engine.remember(machine)
            machine.lose_power()
            self.sidekicks.forget(machine)
            self.followers.forget(machine)
            self.etcd.members_changed()

    def isolate(self, machine: SimulatedMachine) -> None:
        """It runs on, and reaches nothing. Idempotent."""
        if not machine.isolated:
            self.engine.remember(machine)
            machine.isolated = True
            self.etcd.members_changed()

    def rejoin(self, machine: SimulatedMachine) -> None:
        """Idempotent. What its Docker did meanwhile is known now."""
        machine.isolated = False
        self.etcd.members_changed()
        unseen, machine.unseen = machine.unseen, []
        for event in unseen:
            self._seen(machine, event)

    def later(
        self, machine: SimulatedMachine, seconds: float, what: Callable[[SimulatedMachine], None]
    ) -> None:
        """On ``machine``, unless it has lost power by then."""
        boots = machine.boots

        def due() -> None:
            if machine.power and machine.boots == boots:
                what(machine)

        self.clock.after(seconds, due)

    # what runs on them

    def unit(self, name: str) -> DeployedUnit | None:
        """Of the deployment, if it is of it."""
        units = self.deployment.units if self.deployment else ()
        return next((unit for unit in units if unit.name == name), None)

    def answers(self, machine: SimulatedMachine, unit: DeployedUnit) -> bool:
        """Whether the instance that ``unit`` runs on ``machine`` answers requests."""
        process = machine.processes.get(unit.name)
        if process is None or process.active != "active":
            return False
        if not unit.container:
            return True
        container = machine.containers.get(unit.container)
        if container is None:  # it ended, and systemd has not noticed yet
            return False
        old = self.clock.monotonic() - container.since >= self.delays.answer
        return container.status == "created" or (container.status == "running" and old)

    def instance_at(self, ip: str, port: int) -> tuple[SimulatedMachine, DeployedUnit] | None:
        """The announced main unit that runs there, answering or not."""
        for machine in self.machines.values():
            if machine.address == ip:
                for name in machine.processes:
                    unit = self.unit(name)
                    if unit is None or unit.role != "main" or not unit.service.announced:
                        continue  # a data container may have the same instance name
                    if unit.instance == str(port):
                        return machine, unit
        return None

    def instance_answers(self, entry: DiscoveryEntry) -> bool:
        """Whether what is announced is there, can be reached and answers."""
        found = self.instance_at(entry.ip, entry.port)
        return found is not None and found[0].reachable and self.answers(*found)

    def balancer_at(self, address: str) -> tuple[SimulatedMachine, DeployedUnit] | None:
        """The load balancer that answers at a machine's address."""
        for machine in self.machines.values():
            if machine.address == address and machine.reachable:
                for name in machine.processes:
                    unit = self.unit(name)
                    if unit and unit.service.stats_port and unit.role == "main":
                        return (machine, unit) if self.answers(machine, unit) else None
        return None

    def docker(
        self, machine: SimulatedMachine, action: str, container: str, exit_code: str = ""
    ) -> None:
        """A Docker tells what it did."""
        # no two events of a Docker have the same time
        now = round((self.clock.wall() + machine.drift) * 1e9)
        self._docker_time = max(now, self._docker_time + 1000)
        attributes = {"name": container} | ({"exitCode": exit_code} if exit_code else {})
        event: dict[str, object] = {
            "Action": action,
            "Actor": {"Attributes": attributes},
            "timeNano": self._docker_time,
        }
        if machine.isolated:
            machine.unseen.append(event)
        else:
            self._seen(machine, event)

    def _seen(self, machine: SimulatedMachine, event: dict[str, object]) -> None:
        for callback in list(self.on_container):
            callback(machine, event)

    def log(self, machine: SimulatedMachine, unit: str, message: str) -> None:
        """A line of the machine's journal."""
        self.journal.append((self.clock.wall(), machine.name, unit, message))
