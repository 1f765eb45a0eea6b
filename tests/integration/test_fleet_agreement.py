"""What our check of a unit says, and what a real fleetd says to the same unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.errors import FleetRefused, UnitFileError
from pytest_cna.fleet.unit_file import UnitFile
from pytest_cna.fleet.x_fleet import check

if TYPE_CHECKING:
    from pytest_cna.cluster import Cluster

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
