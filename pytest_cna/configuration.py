"""The application's configuration as confd rendered it in each web server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.application import Application
    from pytest_cna.launch import LaunchedSet


@dataclass(frozen=True, slots=True)
class Rendered:
    """``at`` is when the file was written, in Unix time."""

    container: str
    text: str
    at: float

    def names(self, ip: str, port: str) -> bool:
        """Whether an endpoint stands there: the port a few characters after the address."""
        return re.search(rf"{re.escape(ip)}\D{{1,20}}{port}\b", self.text) is not None


def rendered(launched: LaunchedSet, application: Application) -> list[Rendered]:
    """In the container of every unit that has the application's code. Raises TransportError or
    CommandFailed when one cannot be asked."""
    units = [u for u in launched.deployment.units if u.role == "main" and u.service.code]
    found = []
    for unit, name in zip(units, launched.machines_of(units), strict=True):
        file = f"{unit.service.code}/{application.configuration}"
        command = f"sh -c 'stat -c %.Y {file} && cat {file}'"
        machine = launched.cluster.machine(name)
        at, _, text = machine.check(f"docker exec {unit.container} {command}").partition("\n")
        found.append(Rendered(unit.container, text, launched.clocks.ours(name, float(at))))
    return found
