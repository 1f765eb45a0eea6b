"""The application's configuration as confd rendered it, in each container that has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.events.configuration import ConfigurationDropped, ConfigurationNamed
from pytest_cna.core.events.discovery import EntryAnnounced

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.scenario.recoveries import Recoveries


@dataclass(frozen=True, slots=True)
class Rendered:
    """One copy; ``at`` is when it was written, in Unix time."""

    container: str
    text: str
    at: float

    def names(self, ip: str, port: str) -> bool:
        """Whether an endpoint stands there: the port a few characters after the address."""
        return re.search(rf"{re.escape(ip)}\D{{1,20}}{port}\b", self.text) is not None


def rendered(running: RunningDeployment, application: Application) -> list[Rendered]:
    """Read the copy in the container of every unit that has the application's code. Raises
    TransportError or CommandFailed when one cannot be asked."""
    units = [u for u in running.deployment.units if u.role == "main" and u.service.code]
    found = []
    for unit, name in zip(units, running.machines_of(units), strict=True):
        file = f"{unit.service.code}/{application.configuration}"
        command = f"sh -c 'stat -c %.Y {file} && cat {file}'"
        machine = running.cluster.machine(name)
        at, _, text = machine.check(f"docker exec {unit.container} {command}").partition("\n")
        found.append(Rendered(unit.container, text, running.clocks.converted(name, float(at))))
    return found


def await_configuration(
    running: RunningDeployment, recoveries: Recoveries, application: Application, *, names: bool
) -> None:
    """Wait until every copy names the instance of the last recovery, or none does any more. Raises
    AssertionError when that is not within the bound of the recovery."""
    recovery = recoveries.last
    stage = "named" if names else "dropped"
    ip, port = _endpoint(running, recovery.unit)
    last: list[Rendered] = []

    def naming() -> dict[str, bool]:
        last[:] = rendered(running, application)
        return {each.container: each.names(ip, port) for each in last}

    recoveries.wait_within(recovery, stage, naming, lambda named: set(named.values()) == {names})
    at = clock.monotonic() - (clock.wall() - max(each.at for each in last))
    event = ConfigurationNamed if names else ConfigurationDropped
    running.timeline.record(event(recovery.unit.name, endpoint=f"{ip}:{port}"), at=at)
    recoveries.expect(recovery, stage)


def _endpoint(running: RunningDeployment, unit: DeployedUnit) -> tuple[str, str]:
    """Where it was announced last."""
    announced = running.timeline.events(EntryAnnounced)
    of_unit = (unit.service.name, unit.instance)
    mine = [event for event in announced if (event.service, str(event.port)) == of_unit]
    return mine[-1].ip, unit.instance
