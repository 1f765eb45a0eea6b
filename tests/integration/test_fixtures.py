"""The fixtures that users write tests of their own with, on the complete set."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.faults.container import ContainerKill

if TYPE_CHECKING:
    from pytest_cna.cluster.discovery import Discovery
    from pytest_cna.cluster.load_balancer import LoadBalancer
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.scenario.customers import Customers
    from pytest_cna.scenario.faults.injector import Faults


def test_discovery_and_routing_name_the_same_web_servers(
    discovery: Discovery, load_balancer: LoadBalancer
) -> None:
    announced = {f"webserver_{e.ip}_{e.port}" for e in discovery.entries("webserver")}
    assert len(announced) == 2
    assert {server.name for server in load_balancer.servers("webserver_nodes")} == announced


def test_a_fault_of_ones_own_is_on_the_timeline_with_what_followed(
    deployment: RunningDeployment, faults: Faults, traffic: Customers, timeline: Timeline
) -> None:
    cache = deployment.deployment.main_units(deployment.deployment.service("cache"))[0]
    machine = deployment.machine_of(cache)
    begun = faults.inject_fault(ContainerKill(deployment.cluster, cache.container, machine))
    for kind in (ContainerDied, ContainerStarted):
        (event, *_) = wait_for(
            partial(timeline.events, kind, cache.container, since=begun.monotonic),
            waiting_for=f"{kind.__name__} {cache.container}",
            timeout=20,
        )
        assert event.machine == machine
    deployment.await_steady_state()
    traffic.expect_no_request_failed(begun.monotonic)


def test_a_testinfra_host_looks_into_a_machine(deployment: RunningDeployment) -> None:
    for machine in deployment.cluster.machines:
        assert machine.host.service("fleet").is_running
