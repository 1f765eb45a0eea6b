"""What is measured before anything is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, shell, unit

from pytest_cna.cluster.measuring import (
    first_answers,
    measure,
    measure_containers,
    measure_reload,
)
from pytest_cna.core.errors import CnaError, CommandFailed
from pytest_cna.core.model import CommandResult
from pytest_cna.testing import simulated_deployment

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld


def test_all_of_it(running: RunningDeployment, world: FakeWorld) -> None:
    world.delays.start, world.delays.end, world.delays.render = 1.5, 0.25, 0.75
    measured = measure(running)
    assert measured.containers is not None
    assert measured.containers.start == pytest.approx(1.5, abs=1e-3)
    assert measured.containers.end == pytest.approx(0.25, abs=1e-3)
    assert measured.reload == pytest.approx(0.75, abs=1e-3)
    assert measured.boot == running.cluster.boot_seconds
    assert measured.look == running.units.period
    assert measured.answering.keys() == {"database", "cache", "webserver", "loadbalancer"}


def test_an_answer_is_the_slowest_instances(running: RunningDeployment, world: FakeWorld) -> None:
    # RestartSec of the sidekick, then its first probe after the answer
    assert first_answers(running)["webserver"] == pytest.approx(0.5, abs=0.11)
    assert world.delays.answer < 0.5


def test_the_slowest_machine_counts(running: RunningDeployment) -> None:
    slow = running.cluster.machines[1]
    shell(slow).answer("cna-times", "100.0 103.0 110.0 113.7\n")
    times = measure_containers(SET, running.cluster.machines)
    assert times is not None
    assert (times.machine, times.start) == (slow.name, 3.0)
    assert times.end == pytest.approx(113.7 - 110.0 - 0.2 - 3.0)


def test_each_machine_is_measured(running: RunningDeployment) -> None:
    measure_containers(SET, running.cluster.machines)
    for machine in running.cluster.machines:
        assert sum("cna-times" in command for command in shell(machine).ran) == 1


@pytest.mark.parametrize("said", ["", "1.0 2.0 3.0\n"])
def test_a_machine_that_gives_no_times(running: RunningDeployment, said: str) -> None:
    shell(running.cluster.machines[2]).answer("cna-times", said)
    with pytest.raises(
        CnaError, match=f"core-3 printed no four times .* {said.strip() or 'nothi'}"
    ):
        measure(running)


def test_a_machine_that_cannot_run_containers(running: RunningDeployment) -> None:
    failed = CommandResult("docker run", 125, "", "no space left on device")
    shell(running.cluster.machines[0]).answer("cna-times", failed)
    with pytest.raises(CommandFailed, match="no space left"):
        measure(running)


def test_the_worst_reload_counts(running: RunningDeployment) -> None:
    balancer = unit("load balancer")
    machine = machine_of(running, balancer)
    shell(machine).answer("kill -0", "10.0\n10.5\n11.0\n12.25\n")
    assert measure_reload(SET, machine, balancer.container) == 1.25
    (script,) = [command for command in shell(machine).ran if "kill -0" in command]
    assert f"docker exec {balancer.container} sh -c" in script
    shell(machine).answer("kill -0", "10.0\n")
    with pytest.raises(CnaError, match=r"printed no pairs of times .* but: 10\.0"):
        measure_reload(SET, machine, balancer.container)


def test_a_deployment_without_images_and_balancer() -> None:
    services = tuple(each for each in SET.services if not each.stats_port)
    units = tuple(
        replace(
            each,
            file=type(each.file).parse(
                each.file.render().replace(":${DOCKER_IMAGE_TAG}", ":1"), each.file.path
            ),
        )
        for each in SET.units
        if each.service in services
    )
    bare = replace(SET, services=services, units=units, images=())
    with simulated_deployment(bare) as running:
        assert running.balancer is None
        assert measure(running) == replace(measure(running), containers=None, reload=None)


def test_commands_of_confd_are_needed_for_a_reload(running: RunningDeployment) -> None:
    bare = replace(SET, images=())
    balancer = unit("load balancer")
    machine = machine_of(running, balancer)
    assert measure_reload(bare, machine, balancer.container) is None
