"""What really was in a simulated cluster, at every moment: no observer stands between."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.balancer import FakeFollowers
    from pytest_cna.testing.engine import FakeEngine
    from pytest_cna.testing.etcd import FakeEtcd
    from pytest_cna.testing.instances import FakeInstances
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class State:
    """What is at one moment. Units are main units; units and machines go by their names."""

    containers: Mapping[Instance, float]
    """Where a unit's container is, running, paused or created, and when it started (monotonic
    seconds)."""
    answering: frozenset[Instance]
    """Instances that answer, on machines that can be reached."""
    created: frozenset[Instance]
    """Those whose container was created only: Docker does not list it as running."""
    paused: frozenset[Instance]
    active: frozenset[Instance]
    """Those that systemd has neither inactive nor failed."""
    ending: frozenset[Instance]
    """Those of them that are being stopped."""
    placed: Mapping[str, str]
    """Unit → the machine that fleet placed it on; units that are placed only."""
    hidden: frozenset[str]
    """Units that fleet's list of states has no row of, though they are loaded."""
    entries: Mapping[DiscoveryEntry, float]
    """The discovery entries, and when each was announced (monotonic seconds)."""
    servers: Mapping[Instance, Mapping[str, str]]
    """Each load balancer that answers → its servers by name, each with HAProxy's status."""
    named: Mapping[Instance, frozenset[str]]
    """Each container that has the application's code → the endpoints (``ip:port``) in its
    configuration."""
    listed: Mapping[str, int]
    """Machine in fleet's list → the number of the boot with which it is there."""
    boots: Mapping[str, int]
    """Machine with power → how often it was booted."""
    reachable: frozenset[str]
    """Machines that have booted and are not cut off."""
    quorum: bool
    """Whether etcd answers linearizable reads."""
    fleet: bool
    """Whether fleet answers anybody."""
    lost: frozenset[str]
    """Ids of records that were created and are gone."""


class Truth:
    """The states there were, each from the moment at which something changed. Times are monotonic
    seconds."""

    def __init__(
        self,
        around: Surroundings,
        etcd: FakeEtcd,
        engine: FakeEngine,
        instances: FakeInstances,
        followers: FakeFollowers,
    ) -> None:
        self._around = around
        self._etcd = etcd
        self._engine = engine
        self._instances = instances
        self._followers = followers
        self._times: list[float] = []
        self._states: list[State] = []
        self._made: dict[tuple[str, str], Instance] = {}
        around.on_change.append(self._look)

    @property
    def now(self) -> State:
        self._look()
        return self._states[-1]

    def at(self, when: float) -> State:
        """The state then; of an instant at which something changed, the one after that. The first
        one there was for a time before it."""
        self._look()
        return self._states[max(0, bisect_right(self._times, when) - 1)]

    def history(
        self, since: float = float("-inf"), until: float = float("inf")
    ) -> list[tuple[float, State]]:
        """The states between two times, both included, each with its beginning; the first begins at
        ``since`` or before."""
        self._look()
        begin = max(0, bisect_right(self._times, since) - 1)
        end = bisect_right(self._times, until)
        return list(zip(self._times[begin:end], self._states[begin:end], strict=True))

    def first(
        self, holds: Callable[[State], bool], since: float, until: float = float("inf")
    ) -> float | None:
        """When ``holds`` held first, at the earliest ``since``."""
        states = self.history(since, until)
        return next((max(since, at) for at, state in states if holds(state)), None)

    def for_good(
        self, holds: Callable[[State], bool], since: float, until: float = float("inf")
    ) -> float | None:
        """Since when ``holds`` has held without an end before ``until``, at the earliest ``since``;
        None when it does not hold then."""
        found = None
        for at, state in reversed(self.history(since, until)):
            if not holds(state):
                break
            found = max(since, at)
        return found

    def _look(self) -> None:
        now = self._around.clock.monotonic()
        state = self._state()
        if self._times and self._times[-1] == now:
            self._states[-1] = state
        elif not self._states or state != self._states[-1]:
            self._times.append(now)
            self._states.append(state)

    def _state(self) -> State:
        machines = self._around.machines.values()
        containers: dict[Instance, float] = {}
        answering: set[Instance] = set()
        created: set[Instance] = set()
        paused: set[Instance] = set()
        active: set[Instance] = set()
        ending: set[Instance] = set()
        for machine in machines:
            for unit in self._around.mains:
                container = machine.containers.get(unit.container)
                process = machine.processes.get(unit.name)
                if container is None and process is None:
                    continue
                instance = self._instance(unit, machine)
                if container is not None:
                    containers[instance] = container.since
                    if container.status == "created":
                        created.add(instance)
                    elif container.status == "paused":
                        paused.add(instance)
                if process is not None and process.active not in {"inactive", "failed"}:
                    active.add(instance)
                    if process.active == "deactivating":
                        ending.add(instance)
                if machine.reachable and self._instances.answers(machine, unit):
                    answering.add(instance)
        return State(
            containers=containers,
            answering=frozenset(answering),
            created=frozenset(created),
            paused=frozenset(paused),
            active=frozenset(active),
            ending=frozenset(ending),
            placed={
                each.name: each.machine for each in self._engine.units.values() if each.machine
            },
            hidden=frozenset(name for name in self._engine.units if self._engine.hides(name)),
            entries=dict(self._etcd.announced),
            servers=self._servers(answering),
            named=self._named(containers),
            listed={machine.name: machine.registered for machine in machines if machine.registered},
            boots={machine.name: machine.boots for machine in machines if machine.power},
            reachable=frozenset(machine.name for machine in machines if machine.reachable),
            quorum=self._etcd.serves,
            fleet=self._engine.serves,
            lost=frozenset(self._around.lost),
        )

    def _servers(self, answering: set[Instance]) -> dict[Instance, dict[str, str]]:
        return {
            instance: {
                server.name: server.status
                for servers in self._followers.servers(machine, unit).values()
                for server in servers
            }
            for unit, machine, instance in self._of(self._around.balancers, answering)
        }

    def _named(self, containers: Mapping[Instance, float]) -> dict[Instance, frozenset[str]]:
        with_code = [unit for unit in self._around.mains if unit.service.code]
        return {
            instance: frozenset(
                entry.endpoint for entry in self._followers.rendered(machine, unit).entries
            )
            for unit, machine, instance in self._of(with_code, containers)
        }

    def _of(
        self, units: Iterable[DeployedUnit], instances: Container[Instance]
    ) -> Iterator[tuple[DeployedUnit, SimulatedMachine, Instance]]:
        for unit in units:
            for machine in self._around.machines.values():
                instance = self._instance(unit, machine)
                if instance in instances:
                    yield unit, machine, instance

    def _instance(self, unit: DeployedUnit, machine: SimulatedMachine) -> Instance:
        key = (unit.name, machine.name)
        if key not in self._made:
            self._made[key] = Instance(*key)
        return self._made[key]
