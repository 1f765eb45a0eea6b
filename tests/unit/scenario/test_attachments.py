"""What is gathered of a cluster, from machines that answer as real ones do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from simulated import SET

from pytest_cna.cluster.running_deployment import RunningDeployment
from pytest_cna.core.errors import CommandTimeout, FleetError
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import CommandResult, FleetMachine, Unit, UnitState
from pytest_cna.scenario.attachments import (
    JOURNAL_BYTES,
    configuration,
    containers,
    journal,
    machines_now,
    units,
)
from pytest_cna.testing import FakeWorld


@dataclass
class Transport:
    answer: Callable[[str], str]
    asked: list[str] = field(default_factory=list)

    def run(self, command: str, timeout: float) -> CommandResult:
        self.asked.append(command)
        return CommandResult(command, 0, self.answer(command), "")


def machine(name: str, answer: Callable[[str], str]) -> Machine:
    return Machine(name, f"10.0.0.{name[-1]}", {}, Transport(answer))  # type: ignore[arg-type]


def cluster(*machines: Machine, lost: str = "", fleet: Fleet | None = None) -> Any:  # noqa: ANN401
    names = {each.address: each.name for each in machines}

    def joined() -> dict[str, str]:
        assert fleet is not None
        return {each.id: names[each.address] for each in fleet.machines()}

    return SimpleNamespace(
        machines=list(machines),
        provider=SimpleNamespace(running=lambda each: each.name != lost),
        fleet=fleet,
        joined=joined,
    )


def entry(at: float, message: object, **fields: str) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": f"{at * 1e6:.0f}", "MESSAGE": message, **fields})


def says(*lines: str) -> Callable[[str], str]:
    return lambda command: "\n".join(lines) + "\n"


def hangs(command: str) -> str:
    raise CommandTimeout("it hangs\nwith more words")


def test_journals_of_all_machines_are_one() -> None:
    found = journal(
        cluster(
            machine("core-1", says(entry(10.5, "second", _SYSTEMD_UNIT="a.service"), "torn{")),
            machine("core-2", says(entry(9.25, "first\nhalf", SYSLOG_IDENTIFIER="kernel"))),
            machine("core-3", hangs),
            machine("core-4", says()),
            lost="core-4",
        ),
        8.0,
        [10.0],
    )
    assert found.kind == "journal"
    assert found.truncated == 0
    assert found.text.split("\n") == [
        "[core-3: cannot be read: it hangs]",
        "[core-4: has no power]",
        "1970-01-01T00:00:09.250000 core-2 kernel: first half",
        "1970-01-01T00:00:10.500000 core-1 a.service: second",
    ]


def test_a_journal_that_is_no_text() -> None:
    found = journal(cluster(machine("core-1", says(entry(1.0, [104, 105, 255])))), 0.0, [])
    assert found.text.endswith("core-1 kernel: hi\ufffd")


def test_a_long_journal_is_what_is_near_to_the_faults() -> None:
    lines = [entry(float(n), f"{n:05} {'x' * 90}", _SYSTEMD_UNIT="u") for n in range(1000)]
    found = journal(cluster(machine("core-1", says(*lines))), 0.0, [500.0])
    assert found.truncated > 0
    assert " 00500 x" in found.text
    assert " 00001 x" not in found.text
    assert len(found.text.encode()) < JOURNAL_BYTES + 200
    assert "lines left out" in found.text


def test_containers_of_each_machine() -> None:
    found = containers(
        cluster(machine("core-1", says("NAMES", "web.1")), machine("core-2", hangs), lost="core-3")
    )
    assert found.text == "core-1:\nNAMES\nweb.1\n\ncore-2:\ncannot be read: it hangs"


class Fleet:
    def machines(self) -> list[FleetMachine]:
        return [FleetMachine("abc", "10.0.0.1", {})]

    def states(self) -> list[UnitState]:
        return [
            UnitState("web@1.service", "abc", "loaded", "active", "running"),
            UnitState("web@1.service", "0123456789", "loaded", "active", "running"),
        ]

    def units(self) -> list[Unit]:
        return [
            Unit("web@2.service", "launched", "inactive", ""),
            Unit("web@1.service", "launched", "launched", "abc"),
        ]


class SilentFleet(Fleet):
    def machines(self) -> list[FleetMachine]:
        raise FleetError("fleet answers on no machine\n(details)")


def test_units_as_fleet_lists_them() -> None:
    lines = units(cluster(machine("core-1", says()), fleet=Fleet())).text.split("\n")
    assert [line.split() for line in lines] == [
        ["UNIT", "MACHINE", "WANTED", "IS", "LOAD", "ACTIVE", "SUB"],
        ["web@1.service", "core-1", "launched", "launched", "loaded", "active", "running"],
        ["web@2.service", "-", "launched", "inactive", "-", "-", "-"],
        ["web@1.service", "01234567", "-", "-", "loaded", "active", "running"],
    ]


def test_what_cannot_be_read_says_so() -> None:
    found = machines_now(cluster(machine("core-1", hangs), fleet=SilentFleet()))
    assert [each.text for each in found] == [
        "cannot be read: fleet answers on no machine",
        "core-1:\ncannot be read: it hangs",
    ]


def test_a_configuration_that_cannot_be_read_is_not_an_empty_one(
    running: RunningDeployment, world: FakeWorld
) -> None:
    assert "server " in configuration(running).text
    balancer = SET.balancer_unit
    assert balancer is not None
    del world.machines[running.machine_of(balancer)].containers[balancer.container]
    found = configuration(running)
    assert found.text.startswith("cannot be read: ")
