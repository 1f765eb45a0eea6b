"""Chains: which unit, sidekick, container, discovery entry and server belong to one instance.

The report names the main units of each service. The rest follows from how they are named: a
container ``a.1`` is the unit ``a@1``'s, a unit ``a_discovery@1`` is its sidekick, an entry or
server of port 1 is the instance 1 of the service that is called so. What fits nowhere has a group
of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cna.report.model import MachineRecord, Pair

Kind = Literal["machine", "instance", "observer"]
RANKS = ("machine", "unit", "sidekick", "container", "entry", "HAProxy")
"""From the cause to the customer."""

OBSERVED = ("fleet", "etcd", "HAProxy")
"""Groups of those that are asked what they know."""


class Chains:
    def __init__(self, pairs: Iterable[Pair] = (), machines: Iterable[MachineRecord] = ()) -> None:
        self._machines = {machine.address: machine.name for machine in machines}
        self._services: dict[str, str] = {}
        """Main unit → what the features call its service."""
        self._order: dict[str, int] = {}
        for pair in pairs:
            for unit in pair.units:
                self._services.setdefault(unit, pair.service)
                self._order.setdefault(unit, len(self._order))
        self._places: dict[tuple[str, str], tuple[Kind, str]] = {}

    def place(self, lane: str, subject: str) -> tuple[Kind, str]:
        """The group of what is told of ``subject`` in a lane of that kind."""
        known = self._places.get((lane, subject))
        if known is None:
            known = self._places[lane, subject] = self._place(lane, subject)
        return known

    def _place(self, lane: str, subject: str) -> tuple[Kind, str]:
        match lane:
            case "machine":
                return "machine", subject
            case "observer":
                return "observer", subject
            case "unit":
                return "instance", self._main_of(subject)
            case "container":
                stem, dot, instance = subject.rpartition(".")
                return "instance", f"{stem}@{instance}.service" if dot else subject
        service, _, port = subject.rpartition(":")
        for unit, called in self._services.items():
            if _letters(called) == _letters(service) and _split(unit)[1] == port:
                return "instance", unit
        return "instance", subject

    def is_sidekick(self, unit: str) -> bool:
        return self.place("unit", unit)[1] != unit

    def named(self, lane: str) -> str:
        """With the machine's name where an endpoint's address was told."""
        address = lane.removeprefix("http://").partition(":")[0]
        return self._machines.get(address, address)

    def title(self, group: str) -> str:
        """For people: ``web server 8001``; empty when it is not known as anything."""
        if group in OBSERVED:
            return f"whether {group} answers"
        called = self._services.get(group, "")
        several = sum(each == called for each in self._services.values()) > 1
        return f"{called} {_split(group)[1]}" if called and several else called

    def order(self, group: str) -> tuple[int, str]:
        """As the deployment starts them; what is not of it comes last."""
        return self._order.get(group, len(self._order)), group

    def _main_of(self, unit: str) -> str:
        stem, instance = _split(unit)
        mains = [
            main
            for main in self._services
            if main != unit
            and _split(main)[1] == instance
            and re.match(r"[-_.]", stem.removeprefix(_split(main)[0]))
            and stem.startswith(_split(main)[0])
        ]
        return unit if unit in self._services else max(mains, key=len, default=unit)


def rank(label: str) -> int:
    """Where a lane stands in its group."""
    return RANKS.index(label) if label in RANKS else len(RANKS)


def _split(unit: str) -> tuple[str, str]:
    """``a@1.service`` → ``a``, ``1``."""
    stem, _, instance = unit.removesuffix(".service").partition("@")
    return stem, instance


def _letters(text: str) -> str:
    return re.sub(r"\W|_", "", text.lower())
