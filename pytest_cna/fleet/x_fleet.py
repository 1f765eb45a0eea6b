"""The ``[X-Fleet]`` section: what fleet 1.0.0 takes, and what it refuses before it looks further.

A test submits the same units to a real fleetd and compares.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

from pytest_cna.errors import UnitFileError

if TYPE_CHECKING:
    from pytest_cna.fleet.unit_file import UnitFile

SECTION = "X-Fleet"
KEYS = frozenset(
    {"MachineID", "MachineOf", "MachineMetadata", "Conflicts", "Global", "Replaces"}
    | {"X-ConditionMachineID", "X-ConditionMachineBootID", "X-ConditionMachineOf"}
    | {"X-ConditionMachineMetadata", "X-Conflicts"}
)
TYPES = frozenset({"service", "socket", "device", "mount", "automount", "swap"}) | frozenset(
    {"target", "path", "timer", "snapshot", "slice", "scope"}
)
TRUE = frozenset({"true", "yes", "1", "on", "t"})
LONGEST_NAME = 256
LONGEST_LINE = 2048
"""systemd's limit, which fleet enforces for it."""


def check(file: UnitFile, name: str) -> None:
    """Raises UnitFileError, with the line, for what fleetd would answer with HTTP 400."""
    check_name(name, file)
    for line in file.lines:
        if any(len(each) >= LONGEST_LINE for each in line.text.split("\n")):
            raise UnitFileError("the line is too long for systemd", file.path, line.number)
    _check_pairs(file)
    _check_peers(file)


def check_options(file: UnitFile) -> None:
    """Raises UnitFileError for an option that fleet does not know: fleetd would take the unit and
    ignore it, so that a misspelt Conflicts keeps nothing apart."""
    for line in file.lines:
        if line.section == SECTION and line.name and line.name not in KEYS:
            known = ", ".join(sorted(key for key in KEYS if not key.startswith("X-")))
            raise UnitFileError(
                f"[X-Fleet] has no option '{line.name}' (known: {known})", file.path, line.number
            )


def check_name(name: str, file: UnitFile) -> None:
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix not in TYPES:
        raise UnitFileError(f"'{name}' does not end like a unit, say in .service", file.path)
    if not stem or name.startswith("@") or len(name) > LONGEST_NAME:
        raise UnitFileError(f"'{name}' is no name of a unit", file.path)
    wrong = re.search(r"[^A-Za-z0-9:_.\\@-]", stem)
    if wrong:
        raise UnitFileError(f"'{wrong[0]}' cannot be in a unit's name: '{name}'", file.path)


def is_global(file: UnitFile) -> bool:
    """Whether it runs on every machine that it may; the last value counts."""
    values = file.values(SECTION, "Global")
    return bool(values) and values[-1].lower() in TRUE


def peers(file: UnitFile, name: str) -> tuple[str, ...]:
    """Units whose machine it has to share."""
    return file.values(SECTION, "MachineOf", name) + file.values(
        SECTION, "X-ConditionMachineOf", name
    )


def conflicts(file: UnitFile, name: str) -> tuple[str, ...]:
    """Glob patterns of units whose machine it must not share."""
    lines = file.values(SECTION, "Conflicts", name) + file.values(SECTION, "X-Conflicts", name)
    return tuple(pattern for line in lines for pattern in line.split())


def matches(pattern: str, name: str) -> bool:
    """Go's ``path.Match``, which is fnmatch for names without slashes."""
    return re.match(translate(pattern), name) is not None


def _check_pairs(file: UnitFile) -> None:
    has = {
        "MachineID": bool(file.values(SECTION, "MachineID")),
        "MachineOf": bool(peers(file, "")),
        "Conflicts": bool(conflicts(file, "")),
        "Replaces": bool(file.values(SECTION, "Replaces")),
        "Global": is_global(file),
    }
    for one, other in (
        ("MachineID", "MachineOf"),
        ("MachineID", "Conflicts"),
        ("MachineID", "Global"),
        ("MachineID", "Replaces"),
        ("Global", "MachineOf"),
        ("Global", "Replaces"),
        ("Conflicts", "Replaces"),
    ):
        if has[one] and has[other]:
            raise UnitFileError(
                f"[X-Fleet] cannot have both {one} and {other}",
                file.path,
                file.line_of(SECTION, other),
            )


def _check_peers(file: UnitFile) -> None:
    # fleetd compares them as they are written, before it expands specifiers
    replaced = file.values(SECTION, "Replaces")
    for option, patterns in (("Conflicts", conflicts(file, "")), ("Replaces", replaced)):
        for pattern in patterns:
            for peer in peers(file, ""):
                if matches(pattern, peer):
                    raise UnitFileError(
                        f"MachineOf={peer} and {option}={pattern} cannot both hold",
                        file.path,
                        file.line_of(SECTION, option),
                    )
