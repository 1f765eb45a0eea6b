"""What our check of a unit says, and what a real fleetd says to the same unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import FleetRefused, UnitFileError
from pytest_cna.core.model import Unit
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.deployment.x_fleet import check

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.fleet import Fleet

NAME = "agreement@1.service"
LONG = "x" * 2100

CASES: dict[str, tuple[str, list[str]]] = {
    "no section": (NAME, []),
    "machine id": (NAME, ["MachineID=0123456789abcdef0123456789abcdef"]),
    "two machine ids": (NAME, ["MachineID=a", "MachineID=b"]),
    "machine of": (NAME, ["MachineOf=other@%i.service"]),
    "machine of two": (NAME, ["MachineOf=one.service", "MachineOf=two.service"]),
    "machine of itself": (NAME, [f"MachineOf={NAME}"]),
    "metadata": (NAME, ["MachineMetadata=public=true"]),
    "metadata of two keys": (NAME, ["MachineMetadata=public=true", "MachineMetadata=disk=ssd"]),
    "metadata in one line": (NAME, ['MachineMetadata="public=true" "disk=ssd"']),
    "metadata without a value": (NAME, ["MachineMetadata=public"]),
    "empty metadata": (NAME, ["MachineMetadata="]),
    "conflicts": (NAME, ["Conflicts=other@*.service"]),
    "conflicts with itself": (NAME, [f"Conflicts={NAME}"]),
    "several conflicts": (NAME, ["Conflicts=a.service b.service", "Conflicts=c@?.service"]),
    "a broken pattern": (NAME, ["Conflicts=a[.service"]),
    "global": (NAME, ["Global=true"]),
    "global of another mind": (NAME, ["Global=perhaps"]),
    "global and metadata": (NAME, ["Global=true", "MachineMetadata=public=true"]),
    "global and conflicts": (NAME, ["Global=true", "Conflicts=other.service"]),
    "global and machine of": (NAME, ["Global=true", "MachineOf=other.service"]),
    "not global and machine of": (NAME, ["Global=false", "MachineOf=other.service"]),
    "global and machine id": (NAME, ["Global=true", "MachineID=a"]),
    "global and replaces": (NAME, ["Global=true", "Replaces=other.service"]),
    "machine id and machine of": (NAME, ["MachineID=a", "MachineOf=other.service"]),
    "machine id and conflicts": (NAME, ["MachineID=a", "Conflicts=other.service"]),
    "machine id and metadata": (NAME, ["MachineID=a", "MachineMetadata=public=true"]),
    "machine id and replaces": (NAME, ["MachineID=a", "Replaces=other.service"]),
    "conflicts and replaces": (NAME, ["Conflicts=a.service", "Replaces=b.service"]),
    "replaces": (NAME, ["Replaces=other.service"]),
    "replaces its peer": (NAME, ["MachineOf=other.service", "Replaces=other.service"]),
    "conflicts with its peer": (NAME, ["MachineOf=other.service", "Conflicts=oth*.service"]),
    "an expanded peer conflicts": (NAME, ["MachineOf=a@%i.service", "Conflicts=a@1.service"]),
    "unknown option": (NAME, ["MachineName=core-1"]),
    "option in lower case": (NAME, ["conflicts=other.service"]),
    "deprecated metadata": (NAME, ["X-ConditionMachineMetadata=public=true"]),
    "deprecated peer": (NAME, ["X-ConditionMachineOf=other.service"]),
    "deprecated conflict with its peer": (
        NAME,
        ["X-ConditionMachineOf=other.service", "X-Conflicts=other.service"],
    ),
    "a line over systemd's limit": (NAME, [f"Conflicts={LONG}"]),
    "a plain name": ("agreement.service", []),
    "a timer": ("agreement.timer", []),
    "no suffix": ("agreement", []),
    "unknown suffix": ("agreement.unit", []),
    "a space in the name": ("agree ment.service", []),
    "a name of an at": ("@1.service", []),
    "a long name": (f"{'a' * 249}.service", []),
    "too long a name": (f"{'a' * 250}.service", []),
    "a name of nothing": (".service", []),
    "an escape in the name": (r"agree\x2dment.service", []),
    "two ats in the name": ("agreement@1@2.service", []),
    "a template": ("agreement@.service", []),
    "a mount": ("agreement.mount", []),
    "an instance of a mount": ("agreement@1.mount", []),
    "a bus name": ("agreement.busname", []),
    "an empty id is an id": (NAME, ["MachineID=", "Conflicts=other.service"]),
    "an empty peer is a peer": (NAME, ["MachineOf=", "Global=true"]),
    "no conflicts": (NAME, ["Conflicts=", "MachineID=a"]),
    "empty resets no peer": (
        NAME,
        ["MachineOf=other.service", "MachineOf=", "Conflicts=other.service"],
    ),
    "quoted global": (NAME, ['Global="true"', "MachineOf=other.service"]),
    "global of two minds": (NAME, ["Global=true", "Global=no", "MachineOf=other.service"]),
    "quoted peers": (NAME, ['MachineOf="one.service" "two.service"', "Conflicts=two.service"]),
    "one quote": (NAME, ['MachineOf="one.service', "Conflicts=one.service"]),
    "deprecated id": (NAME, ["X-ConditionMachineID=a", "Global=true"]),
    "boot id": (NAME, ["X-ConditionMachineBootID=a", "MachineOf=other.service"]),
    "a class of characters": (NAME, ["MachineOf=a2.service", "Conflicts=a[^1].service"]),
    "another class": (NAME, ["MachineOf=a1.service", "Conflicts=a[^1].service"]),
    "an exclamation mark is none": (NAME, ["MachineOf=a2.service", "Conflicts=a[!1].service"]),
    "a broken pattern holds nothing": (NAME, ["MachineOf=a[", "Conflicts=a["]),
    "an escaped star": (NAME, ["MachineOf=aa.service", r"Conflicts=a\*.service"]),
    "lines that are joined": (NAME, ["MachineOf=b.service", "Conflicts=a.service \\\n b.service"]),
    "a peer in lines that are joined": (
        NAME,
        ["MachineOf=a.service \\\n b.service", "Conflicts=b.service"],
    ),
    "a line at systemd's limit": (NAME, [f"Conflicts={'x' * (2047 - len('Conflicts='))}"]),
    "a line beyond it": (NAME, [f"Conflicts={'x' * (2048 - len('Conflicts='))}"]),
    "a long comment": (NAME, [f"# {LONG}", "Conflicts=other.service"]),
    "umlauts over the limit": (NAME, [f"Conflicts={'ä' * 1024}"]),
}


@pytest.mark.parametrize("case", CASES)
def test_fleetd_agrees(cluster: Cluster, case: str) -> None:
    name, x_fleet = CASES[case]
    lines = ["[Service]", "ExecStart=/bin/true", *(["[X-Fleet]", *x_fleet] if x_fleet else [])]
    file = UnitFile.parse("\n".join(lines), name)
    try:
        check(file, name)
        ours = ""
    except UnitFileError as error:
        ours = str(error)
    try:
        cluster.fleet.submit(name, file)
        theirs = ""
    except FleetRefused as refusal:
        theirs = str(refusal)
    else:
        cluster.fleet.destroy(name)
    assert bool(ours) == bool(theirs), f"we say '{ours}', fleetd says '{theirs}'"


def test_systemd_gets_what_the_file_says(cluster: Cluster) -> None:
    """With continuations, comments in between, and one into an empty line."""
    name = "written.service"
    text = (
        "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
        "ExecStart=/bin/echo a \\\n# why\n  b \\\n\n"
        "Environment=A=%p\nEnvironment=B=2\n[Unit]\nDescription=it is\n"
    )
    try:
        cluster.fleet.submit(name, UnitFile.parse(text, name), "launched")
        where = _running(cluster.fleet, name, "exited")
        address = next(each.address for each in cluster.fleet.machines() if each.id == where)
        machine = cluster.machine(address)
        shown = machine.check(f"systemctl show -p ExecStart,Environment,Description {name}")
        assert "argv[]=/bin/echo a b ;" in shown
        assert "Environment=A=written B=2" in shown
        assert "Description=it is" in shown
    finally:
        cluster.fleet.destroy(name)


def test_a_unit_without_options(cluster: Cluster) -> None:
    file = UnitFile.parse("# nothing", NAME)
    with pytest.raises(UnitFileError, match="no option"):
        check(file, NAME)
    with pytest.raises(FleetRefused, match="options field empty"):
        cluster.fleet.submit(NAME, file)


def test_verbs(cluster: Cluster) -> None:
    fleet, name = cluster.fleet, "verbs.service"
    file = UnitFile.parse("[Service]\nExecStart=/bin/sleep infinity", name)
    assert fleet.unit(name) is None
    with pytest.raises(FleetRefused, match=r"does not exist.*HTTP 409.*; submit the unit"):
        fleet.start(name)
    try:
        for _ in range(2):
            fleet.submit(name, file)
            assert fleet.unit(name) == Unit(name, "inactive", "inactive", "")
        fleet.start(name)
        wait_for(
            lambda: fleet.unit(name),
            lambda unit: unit is not None and unit.current_state == "launched",
            waiting_for=f"{name} to be launched",
            timeout=30.0,
        )
    finally:
        fleet.destroy(name)
    fleet.destroy(name)
    assert fleet.unit(name) is None


def test_other_contents_replace_the_ones_before_where_it_runs(cluster: Cluster) -> None:
    fleet, name = cluster.fleet, "replaced.service"
    text = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
    try:
        fleet.submit(name, UnitFile.parse(text, name), "launched")
        first = _running(fleet, name, "exited")
        sleeping = UnitFile.parse("[Service]\nExecStart=/bin/sleep infinity\n", name)
        fleet.submit(name, sleeping, "launched")
        assert _running(fleet, name, "running") == first
    finally:
        fleet.destroy(name)


def _running(fleet: Fleet, name: str, sub: str) -> str:
    """The machine on which systemd says so."""
    found = wait_for(
        lambda: [each for each in fleet.states() if each.name == name],
        lambda states: [each.sub for each in states] == [sub],
        waiting_for=f"{name} to be {sub}",
        timeout=30.0,
    )
    return found[0].machine_id
