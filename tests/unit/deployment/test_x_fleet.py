"""[X-Fleet]: read as fleet reads it. Which units fleetd refuses is compared with a real one in
the integration tests."""

from __future__ import annotations

import pytest

from pytest_cna.core.errors import UnitFileError
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.deployment.unit_pattern import is_pattern, matches
from pytest_cna.deployment.x_fleet import check, check_effect, conflicts, is_global, metadata, peers

NAME = "web@1.service"


def unit(*lines: str) -> UnitFile:
    return UnitFile.parse(
        "\n".join(["[Service]", "ExecStart=/bin/true", "[X-Fleet]", *lines]), NAME
    )


def test_values_stand_on_lines_and_in_quotes() -> None:
    file = unit('MachineOf="a@%i.service" "b.service"', "X-ConditionMachineOf=%p.service")
    assert peers(file, NAME) == ("a@1.service", "b.service", "web.service")


def test_conflicts_are_words() -> None:
    assert conflicts(unit("Conflicts=a* b*", "X-Conflicts=%n"), NAME) == ("a*", "b*", NAME)


def test_metadata_by_key() -> None:
    file = unit('MachineMetadata="disk=ssd" "disk=nvme"', "X-ConditionMachineMetadata=public=true")
    assert metadata(file, NAME) == {"disk": {"ssd", "nvme"}, "public": {"true"}}


@pytest.mark.parametrize("line", ["public", "public=", "=true", "public=true disk=ssd", ""])
def test_metadata_that_fleet_ignores(line: str) -> None:
    file = unit(f"MachineMetadata={line}")
    assert metadata(file, NAME) == {}
    with pytest.raises(UnitFileError, match=rf"{NAME}:4: '{line}' is not metadata such as"):
        check_effect(file)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], False),
        (["Global=True"], True),
        (['Global="yes"'], True),
        (["Global=perhaps"], False),
        (["Global=true", "Global="], False),
    ],
)
def test_the_last_word_on_global_counts(lines: list[str], *, expected: bool) -> None:
    assert is_global(unit(*lines)) is expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Conflict=a.service", r"has no option 'Conflict' \(known: Conflicts, Global"),
        ("Conflicts=b.service a[.service", r"'a\[.service' is not a valid pattern"),
        ("Conflicts=a.service \\\n b.service", "must be on one line"),
    ],
)
def test_what_fleet_would_ignore_is_reported(line: str, words: str) -> None:
    file = unit("", line)
    check(file, NAME)
    with pytest.raises(UnitFileError, match=rf"{NAME}:5: .*{words}"):
        check_effect(file)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Global=true", "MachineOf=a.service"], "5: .* cannot have both Global and MachineOf"),
        (["MachineOf=a.service", "X-Conflicts=a*"], r"5: MachineOf=a.service and Conflicts=a\*"),
        ([f"Conflicts={'x' * 3000}"], "4: the line is too long"),
    ],
)
def test_a_refusal_names_the_line(lines: list[str], words: str) -> None:
    with pytest.raises(UnitFileError, match=rf"{NAME}:{words}"):
        check(unit(*lines), NAME)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("web@*.service", "web@8001.service", True),
        ("web@?.service", "web@8001.service", False),
        ("[a-c]x", "bx", True),
        ("[^a]x", "bx", True),
        ("[^a]x", "ax", False),
        ("[!a]x", "bx", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("[c-a]", "b", False),
        ("a.b", "axb", False),
        ("a", "a\n", False),
    ],
)
def test_patterns_are_gos(pattern: str, name: str, *, expected: bool) -> None:
    assert matches(pattern, name) is expected


@pytest.mark.parametrize("pattern", ["a[", "[]", "[^]", "[a-]", "[-a]", "a\\"])
def test_a_malformed_pattern_matches_nothing(pattern: str) -> None:
    assert not is_pattern(pattern)
    assert not matches(pattern, pattern)
