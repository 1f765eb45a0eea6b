"""Chains: the unit, sidekick, container, discovery entry and server of each instance, by the
deployment's units. Anything else has a group of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_cna.core.links import CHAIN, REGISTRY, ROUTER, SCHEDULER, SUPERVISOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.report.report import MachineRecord, UnitRecord

Kind = Literal["machine", "instance", "observer", "other"]
SIDEKICK = "sidekick"
"""The lane of the unit that announces an instance; it stands behind that of the unit itself."""
RANKS = tuple(
    lane
    for link in CHAIN
    for lane in ((link.lane, SIDEKICK) if link is SUPERVISOR else (link.lane,))
    if lane
)
"""Order of lanes in a group, from the cause to the customer."""
OBSERVED = (SCHEDULER.name, REGISTRY.name, ROUTER.name)
"""Groups that show whether an observed API answers."""


class Chains:
    def __init__(
        self, units: Iterable[UnitRecord] = (), machines: Iterable[MachineRecord] = ()
    ) -> None:
        known = list(units)
        self._machines = {machine.address: machine.name for machine in machines}
        self._mains = {
            f"{unit.service}:{unit.instance}": unit for unit in known if unit.role == "main"
        }
        self._units = {unit.name: unit for unit in known}
        self._containers = {unit.container: unit.name for unit in known if unit.container}
        self._order = {unit.name: number for number, unit in enumerate(known)}

    def place(self, lane: str, subject: str) -> tuple[Kind, str]:
        """The group that an event of ``subject`` belongs to, in a lane of that kind."""
        match lane:
            case "machine":
                return "machine", subject
            case "observer":
                return "observer", subject
            case "other":
                return "other", subject
            case "unit":
                unit = self._units.get(subject)
                main = unit and self._mains.get(f"{unit.service}:{unit.instance}")
                return "instance", main.name if main else subject
            case "container":
                return "instance", self._containers.get(subject, subject)
        main = self._mains.get(subject)
        return "instance", main.name if main else subject

    def is_sidekick(self, unit: str) -> bool:
        known = self._units.get(unit)
        return known is not None and known.role == "sidekick"

    def named(self, lane: str) -> str:
        """The lane's name, with the machine's name in place of an endpoint's address."""
        address = lane.removeprefix("http://").partition(":")[0]
        return self._machines.get(address, address)

    def title(self, group: str) -> str:
        """Title for people: ``web server 8001``; empty for an unknown group."""
        if group in OBSERVED:
            return f"whether {group} answers"
        unit = self._units.get(group)
        if unit is None:
            return ""
        several = sum(each.service == unit.service for each in self._mains.values()) > 1
        return f"{unit.called} {unit.instance}" if several else unit.called

    def order(self, group: str) -> tuple[int, str]:
        """Sort key: the deployment's start order, then unknown groups."""
        return self._order.get(group, len(self._order)), group


def rank(label: str) -> int:
    """The position of a lane in its group."""
    return RANKS.index(label) if label in RANKS else len(RANKS)
