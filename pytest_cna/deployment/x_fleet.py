"""The ``[X-Fleet]`` section as fleet 1.0.0 reads it; checks for what fleetd refuses or ignores.

A test submits the same units to a real fleetd and compares the results.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

from pytest_cna.core.errors import UnitFileError
from pytest_cna.deployment.unit_file import expand
from pytest_cna.deployment.unit_pattern import is_pattern, matches

if TYPE_CHECKING:
    from pytest_cna.deployment.unit_file import UnitFile

SECTION = "X-Fleet"
NAMES = {
    "MachineID": ("MachineID", "X-ConditionMachineID", "X-ConditionMachineBootID"),
    "MachineOf": ("MachineOf", "X-ConditionMachineOf"),
    "MachineMetadata": ("MachineMetadata", "X-ConditionMachineMetadata"),
    "Conflicts": ("Conflicts", "X-Conflicts"),
    "Replaces": ("Replaces",),
    "Global": ("Global",),
}
"""Every option: its name → that name and the deprecated ones."""
EXCLUSIVE = (
    ("MachineID", "MachineOf"),
    ("MachineID", "Conflicts"),
    ("MachineID", "Global"),
    ("MachineID", "Replaces"),
    ("Global", "MachineOf"),
    ("Global", "Replaces"),
    ("Conflicts", "Replaces"),
)
INSTANCE_TYPES = frozenset({"path", "service", "socket", "target", "timer"})
TYPES = INSTANCE_TYPES | frozenset(
    {"automount", "busname", "device", "mount", "scope", "slice", "snapshot", "swap"}
)
TRUE = frozenset({"true", "yes", "1", "on", "t"})
LONGEST_NAME = 256
LONGEST_LINE = 2048
"""Bytes: systemd's limit, which fleetd enforces."""


def check(file: UnitFile, name: str) -> None:
    """Raise UnitFileError, with the line, where fleetd would refuse the unit."""
    _check_name(name, file)
    if not file.options():
        raise UnitFileError("the file has no option", file.path)
    for line in file.lines:
        # comments are not sent
        written = f"{line.name}={line.raw_value}".split("\n") if line.name else []
        if any(len(each.encode()) >= LONGEST_LINE for each in written):
            raise UnitFileError("the line is too long for systemd", file.path, line.number)
    _check_pairs(file)
    _check_peers(file)


def check_effect(file: UnitFile) -> None:
    """Raise UnitFileError, with the line, for options that fleetd would accept and ignore.

    A misspelt Conflicts, for one, would separate no units.
    """
    known = {name for names in NAMES.values() for name in names}
    for line in file.lines:
        if line.section != SECTION or not line.name:
            continue
        if line.name not in known:
            raise UnitFileError(
                f"[X-Fleet] has no option '{line.name}' (known: {', '.join(sorted(NAMES))})",
                file.path,
                line.number,
            )
        if "\n" in line.raw_value:
            raise UnitFileError(
                "an option in [X-Fleet] must be on one line: fleet does not join lines there",
                file.path,
                line.number,
            )
        for value in _split(line.raw_value):
            if line.name in NAMES["MachineMetadata"] and not all(_pair(value)):
                raise UnitFileError(
                    f"'{value}' is not metadata such as MachineMetadata=key=value, or "
                    'MachineMetadata="key=value" "key=other" for several',
                    file.path,
                    line.number,
                )
            if line.name in NAMES["Conflicts"] + NAMES["Replaces"]:
                for pattern in value.split():
                    if not is_pattern(pattern):
                        raise UnitFileError(
                            f"'{pattern}' is not a valid pattern and matches no unit",
                            file.path,
                            line.number,
                        )


def is_global(file: UnitFile) -> bool:
    """Whether the unit runs on every machine with its metadata; the last value counts."""
    return any(value.lower() in TRUE for value in values(file, "Global")[-1:])


def peers(file: UnitFile, name: str) -> tuple[str, ...]:
    """Units whose machine it must share (MachineOf)."""
    return values(file, "MachineOf", name)


def conflicts(file: UnitFile, name: str) -> tuple[str, ...]:
    """Patterns of units whose machine it must not share (Conflicts)."""
    return tuple(word for value in values(file, "Conflicts", name) for word in value.split())


def metadata(file: UnitFile, name: str) -> dict[str, set[str]]:
    """Metadata that its machine must have: each key, with any one of its values."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for key, value in map(_pair, values(file, "MachineMetadata", name)):
        if key and value:
            wanted[key].add(value)
    return dict(wanted)


def values(file: UnitFile, option: str, name: str = "") -> tuple[str, ...]:
    """Values of an option as fleet reads them.

    Unlike in systemd, an empty value counts and does not reset the list, a line may have several
    values in quotes, and the only specifiers are %n %N %p %i.
    """
    found = tuple(
        value
        for line in file.lines
        if line.section == SECTION and line.name in NAMES[option]
        for value in _split(line.raw_value)
    )
    if not name:
        return found
    return tuple(re.sub("%[nNpi]", lambda m: expand(m[0], name), value) for value in found)


def _split(line: str) -> list[str]:
    if not (line.startswith('"') and line.endswith('"')):
        return [line]
    found, quoted = [""], False
    for character in line:
        if character == '"':
            quoted = not quoted
        elif character == " " and not quoted:
            found.append("")
        else:
            found[-1] += character
    return found


def _pair(value: str) -> tuple[str, str]:
    key, _, rest = value.partition("=")
    return ("", "") if "=" in rest else (key, rest)


def _check_name(name: str, file: UnitFile) -> None:
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix not in TYPES:
        raise UnitFileError(f"'{name}' does not end in a unit type such as .service", file.path)
    if "@" in name and suffix not in INSTANCE_TYPES:
        raise UnitFileError(f"'{name}': a .{suffix} unit cannot be an instance", file.path)
    if name.startswith("@") or len(name) > LONGEST_NAME:
        raise UnitFileError(
            f"'{name}' is not a unit's name: it starts with @ or has more than {LONGEST_NAME} "
            "characters",
            file.path,
        )
    wrong = re.search(r"[^A-Za-z0-9:_.\\@-]", stem)
    if wrong:
        raise UnitFileError(
            f"'{name}' contains '{wrong[0]}', which a unit's name cannot have", file.path
        )


def _check_pairs(file: UnitFile) -> None:
    has = {option: bool(values(file, option)) for option in NAMES} | {
        "Conflicts": bool(conflicts(file, "")),
        "Global": is_global(file),
    }
    for one, other in EXCLUSIVE:
        if has[one] and has[other]:
            raise UnitFileError(
                f"[X-Fleet] cannot have both {one} and {other}", file.path, _line(file, other)
            )


def _check_peers(file: UnitFile) -> None:
    # fleetd compares them as written, before it expands specifiers
    for option, patterns in (
        ("Conflicts", conflicts(file, "")),
        ("Replaces", values(file, "Replaces")),
    ):
        for pattern, peer in product(patterns, peers(file, "")):
            if matches(pattern, peer):
                raise UnitFileError(
                    f"MachineOf={peer} and {option}={pattern} cannot both hold",
                    file.path,
                    _line(file, option),
                )


def _line(file: UnitFile, option: str) -> int | None:
    lines = [file.line_of(SECTION, name) for name in NAMES[option]]
    return next((line for line in lines if line), None)
