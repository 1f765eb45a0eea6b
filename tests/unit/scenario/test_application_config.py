"""The application's configuration follows discovery, in every container that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import CRM, SET, machine_of, shell, unit

from pytest_cna.core.errors import CommandFailed
from pytest_cna.core.fault_kinds import SERVICE_STOP
from pytest_cna.core.model import CommandResult
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.scenario.application_config import Rendered, rendered

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.scenario.scene import Scene
    from pytest_cna.testing import FakeWorld

WEBS = SET.main_units(SET.service("web server"))


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("tcp://10.0.0.1:11211", True),
        ("host = '10.0.0.1', port = 11211", True),
        ("tcp://10.0.0.1:112110", False),
        ("tcp://10.0.0.11:11211", False),
        ("tcp://10a0b0c1:11211", False),
        ("10.0.0.1" + " " * 40 + "11211", False),
        ("", False),
    ],
)
def test_whether_an_endpoint_stands_there(text: str, there: bool) -> None:
    assert Rendered("web.1", text, 0.0).names("10.0.0.1", "11211") is there


def test_it_is_read_in_every_container_with_the_code(
    running: RunningDeployment, world: FakeWorld
) -> None:
    found = rendered(running, CRM)
    assert [each.container for each in found] == [web.container for web in WEBS]
    cache = machine_of(running, unit("cache"))
    assert all(each.names(cache.address, unit("cache").instance) for each in found)
    assert all(0.0 <= world.clock.wall() - each.at < 10.0 for each in found)


def test_a_clock_that_is_ahead_is_taken_into_account(
    running: RunningDeployment, world: FakeWorld
) -> None:
    machine = machine_of(running, WEBS[0])
    world.machines[machine.name].drift = 100.0
    running.clocks.compare(machine)
    at = rendered(running, CRM)[0].at
    assert abs(world.clock.wall() - at) < 10.0


def test_a_container_that_cannot_be_asked(running: RunningDeployment) -> None:
    refused = CommandResult("docker exec", 1, "", "stat: cannot stat")
    shell(machine_of(running, WEBS[1])).answer("stat -c", refused)
    with pytest.raises(CommandFailed, match="cannot stat"):
        rendered(running, CRM)


def test_one_that_still_names_a_stopped_cache(scene: Scene, world: FakeWorld) -> None:
    world.never("rendered", WEBS[0].name)
    scene.inject(SERVICE_STOP, "cache")
    with pytest.raises(BrokenChain, match="was not dropped within its bound") as failure:
        scene.await_configuration(names=False)
    assert f"'{WEBS[0].container}': True" in str(failure.value)
    assert f"'{WEBS[1].container}': False" in str(failure.value)
