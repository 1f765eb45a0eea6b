"""The repository's own deployment on a simulated cluster, for unit tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.deployment.application import read_application
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.testing.provider import FakeProvider

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.machine import Machine
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.shell import FakeShell
    from pytest_cna.testing.world import FakeWorld

ROOT = Path(__file__).parents[2]
SET = read_deployment(ROOT / "units" / "deployment.toml")
CRM = read_application(ROOT / "images" / "crm", SET.application_entries)


def unit(called: str, number: int = 0) -> DeployedUnit:
    """A main unit of the service that the features call so."""
    return SET.main_units(SET.service(called))[number]


def world_of(running: RunningDeployment) -> FakeWorld:
    provider = running.cluster.provider
    assert isinstance(provider, FakeProvider)
    return provider.world


def machine_of(running: RunningDeployment, of: DeployedUnit) -> Machine:
    return running.cluster.machine(running.machine_of(of))


def simulated(running: RunningDeployment, machine: Machine) -> SimulatedMachine:
    return world_of(running).machines[machine.name]


def shell(machine: Machine) -> FakeShell:
    from pytest_cna.testing.shell import FakeShell

    assert isinstance(machine.transport, FakeShell)
    return machine.transport
