"""A small simulation of a cluster that runs a deployment, moved by a clock that a test moves.

A unit that is launched is placed on a machine, its container starts after a while, its sidekick
announces it in etcd, confd renders it and HAProxy routes to it; all of that is undone, or done
again elsewhere, when a container is killed, a unit is stopped or a machine loses power. ``delays``
says how long each step takes, ``defect`` what goes wrong on the way, and ``truth`` what really was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.testing.balancer import FakeFollowers
from pytest_cna.testing.defect_kinds import FOREVER
from pytest_cna.testing.docker import FakeDocker
from pytest_cna.testing.engine import FakeEngine
from pytest_cna.testing.etcd import FakeEtcd
from pytest_cna.testing.instances import FakeInstances
from pytest_cna.testing.machine import SimulatedMachine
from pytest_cna.testing.requests import FakeRequests
from pytest_cna.testing.sidekicks import FakeSidekicks
from pytest_cna.testing.surroundings import Surroundings
from pytest_cna.testing.systemd import FakeSystemd
from pytest_cna.testing.truth import Truth

if TYPE_CHECKING:
    from typing import Literal

    from pytest_cna.core.timing import Timing
    from pytest_cna.machines.spec import MachineSpec
    from pytest_cna.testing.clock import FakeClock
    from pytest_cna.testing.defects import Defect

    Step = Literal["scheduled", "running", "restarted", "announced", "withdrawn", "rendered"]


class FakeWorld(Surroundings):
    """Everything there is in one simulated cluster. Not thread-safe, but for its clock."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__(clock)
        self.docker = FakeDocker(self)
        self.systemd = FakeSystemd(self, self.docker)
        self.instances = FakeInstances(self)
        self.etcd = FakeEtcd(self)
        self.engine = FakeEngine(self, self.etcd, self.systemd)
        self.sidekicks = FakeSidekicks(self, self.etcd, self.instances, self.systemd)
        self.followers = FakeFollowers(self, self.etcd, self.instances, self.systemd)
        self.requests = FakeRequests(self, self.instances, self.followers)
        self.truth = Truth(self, self.etcd, self.engine, self.instances, self.followers)
        """What really was."""
        self._begun = False
        self.defects.on_begin["clock set back"] = [self._set_clocks_back]

    def defect(
        self,
        name: str,
        on: str = "",
        *,
        value: float | None = None,
        after: float = 0.0,
        lasting: float = FOREVER,
    ) -> Defect:
        """Give the product a defect (``testing.defect_kinds.DEFECTS``), ``after`` seconds from now,
        for ``lasting`` seconds or until ``mend``. ``on`` is the name of a unit, the word of a
        service or the name of a machine, whatever the defect is of; by default all have it.
        ``value`` is its number, by default the table's.

        Raises LookupError for a defect that there is not, ConfigurationError for a service,
        ValueError for a machine or where no value is taken.
        """
        return self.defects.begin(name, on, value, after, lasting)

    def never(self, step: Step, unit: str) -> None:
        """From now on this step does not come: ``defect("never …", unit)``."""
        self.defect(f"never {step}", unit)

    def mend(self, name: str = "", on: str = "") -> None:
        """End one kind of defect, of ``on`` or of all that have it; or every defect."""
        if name:
            self.defects.end(name, on)
        else:
            self.defects.end_all()

    # machines

    def provision(self, specs: tuple[MachineSpec, ...], timing: Timing) -> None:
        """Have these machines in the place of any other, with power, starting."""
        if self.machines:
            self.remove_all()
        self.timing = timing
        for spec in specs:
            machine = SimulatedMachine(spec, id=spec.name.encode().hex().ljust(32, "0")[:32])
            machine.silent_since = float("-inf")
            self.machines[spec.name] = machine
            self.power_on(machine)
        if not self._begun:
            self._begun = True
            self.every(timing.engine_interval, self.engine.run)
            self.every(self.delays.check, self.followers.check)

    def remove_all(self) -> None:
        """Idempotent."""
        for machine in self.machines.values():
            self.power_off(machine)
        self.machines.clear()
        self.etcd.withdraw_all()
        self.etcd.leader = ""
        self.engine.units.clear()
        self.changed()
        self.mend()

    def power_on(self, machine: SimulatedMachine) -> None:
        """Idempotent."""
        if machine.power:
            return
        machine.power = True
        machine.boots += 1
        self.changed()
        self.log(machine, "kernel", "Booting.")

        def booted(machine: SimulatedMachine) -> None:
            machine.up = True
            self.etcd.members_changed()
            self.docker.revive(machine)
            self.systemd.revive(machine)
            self.engine.request()

        self.later(machine, self.varied(self.delays.boot), booted)

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
        self.docker.rejoined(machine)

    def _set_clocks_back(self, defect: Defect) -> None:
        hit = [machine for machine in self.machines.values() if defect.hits((machine.name,))]

        def set_right() -> None:
            for machine in hit:
                machine.drift += defect.value

        for machine in hit:
            machine.drift -= defect.value
        defect.ends.append(set_right)
