"""What is seen of a real cluster: units, machines and containers as they come and go."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_cna.cluster.clocks import Clocks
from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.cluster.fleet import Fleet
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.core.errors import FleetError, TransportError
from pytest_cna.core.events.container import ContainerDied, ContainerEvent
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.machines.ignition import FLEET_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.providers.local.provider import LocalProvider
    from pytest_cna.machines.spec import ClusterSpec

SLEEP = UnitFile.parse("[Service]\nExecStart=/bin/sleep 1000")
IMPORT = (
    "tar -chP /bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*') | docker import - asleep >/dev/null"
)
RUN = "docker run --detach --network none --name {} asleep /bin/sleep 1000"


class Pair:
    """Two machines; the second may be lost without a loss of etcd's quorum."""

    def __init__(self, provider: LocalProvider, spec: ClusterSpec) -> None:
        first, second = spec.machines
        self.provider = provider
        self.machines = provider.provision(
            replace(spec, machines=(first, replace(second, member=False)))
        )
        self.names = {machine.address: machine.name for machine in self.machines}
        self.fleet = Fleet([f"http://{each.address}:{FLEET_PORT}" for each in self.machines])
        wait_for(
            lambda: len(self.fleet.machines()),
            lambda count: count == 2,
            waiting_for="fleet to list two machines",
            timeout=90,
            transient=(FleetError,),
        )


@pytest.fixture
def pair(
    make_provider: Callable[[], LocalProvider],
    make_spec: Callable[[LocalProvider, int], ClusterSpec],
) -> Pair:
    provider = make_provider()
    return Pair(provider, make_spec(provider, 2))


@contextmanager
def watched(observer: FleetObserver | ContainerObserver) -> Iterator[None]:
    observer.start()
    try:
        yield
        observer.alive()
    finally:
        observer.stop()


MACHINE = (MachineJoined, MachineGone)


def await_kinds(timeline: Timeline, subject: str, kinds: list[str]) -> None:
    """Exactly these have happened to it, in this order."""
    wait_for(
        lambda: [event.kind for event in timeline.events((ContainerEvent, *MACHINE), subject)],
        lambda seen: seen == kinds,
        waiting_for=f"{subject}: {kinds}",
        timeout=30,
    )


def await_docker(machine: Machine) -> None:
    wait_for(
        lambda: machine.run("docker info", 10).succeeded,
        waiting_for=f"Docker on {machine.name}",
        timeout=90,
        transient=(TransportError,),
    )


def test_fleets_units_and_machines_come_and_go(pair: Pair) -> None:
    timeline = Timeline()
    observer = FleetObserver(timeline, pair.fleet, pair.names)
    with watched(observer):
        for name in ("core-1", "core-2"):
            await_kinds(timeline, name, ["machine-joined"])

        pair.fleet.submit("a@1.service", SLEEP, "launched")
        (unit, machine, active, sub) = wait_for(
            lambda: next(iter(observer.states()), ("", "", "", "")),
            lambda state: state[3] == "running",
            waiting_for="the unit to run",
            timeout=30,
        )
        assert (unit, active, sub) == ("a@1.service", "active", "running")
        assert timeline.events(UnitScheduled) == [UnitScheduled("a@1.service", machine)]

        pair.fleet.destroy("a@1.service")
        wait_for(
            lambda: timeline.events(UnitScheduled)[-1].machine,
            lambda where: where == "",
            waiting_for="the unit to be nowhere",
            timeout=30,
        )

        second = pair.machines[1]
        pair.provider.kill(second)
        await_kinds(timeline, "core-2", ["machine-joined", "machine-gone"])
        assert observer.machines() == ["core-1"]
        pair.provider.start(second)
        kinds = ["machine-joined", "machine-gone", "machine-joined"]
        await_kinds(timeline, "core-2", kinds)


def test_containers_are_recorded_also_after_the_stream_broke(pair: Pair) -> None:
    machine = pair.machines[1]
    await_docker(machine)
    machine.check(IMPORT)
    timeline = Timeline()
    with watched(ContainerObserver(timeline, pair.machines, Clocks(timeline))):
        machine.check(RUN.format("one"))
        machine.check("docker kill one && docker rm one")
        await_kinds(timeline, "one", ["create", "start", "kill", "die", "destroy"])
        died = timeline.events(ContainerDied, "one")
        assert died == [ContainerDied("one", "core-2", exit_code="137")]

        # in one command, so that the container is there before anybody listens again
        machine.check(f"kill $(pgrep -xf '.*docker [e]vents .*') && {RUN.format('two')}")
        await_kinds(timeline, "two", ["create", "start"])
        assert len(timeline.events(ContainerEvent, "one")) == 5

        pair.provider.kill(machine)
        pair.provider.start(machine)
        await_docker(machine)
        machine.check(RUN.format("three"))
        await_kinds(timeline, "three", ["create", "start"])


def test_a_machine_that_is_lost_or_frozen_does_not_hold_up_the_end(pair: Pair) -> None:
    first, second = pair.machines
    await_docker(first)
    await_docker(second)
    frozen = pair.provider._container(first)
    timeline = Timeline()
    observer = ContainerObserver(timeline, pair.machines, Clocks(timeline))
    observer.start()
    wait_for(
        lambda: first.run("pgrep -f 'docker [e]vents'").succeeded,
        waiting_for="somebody to listen",
        timeout=10,
    )
    pair.provider.kill(second)
    frozen.pause()
    try:
        begun = time.monotonic()
        observer.stop()
        assert time.monotonic() - begun < 15
        assert not any(each._thread.is_alive() for each in observer._of.values())
    finally:
        frozen.unpause()
