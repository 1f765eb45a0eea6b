"""Unit files: kept as written, read as systemd reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.errors import UnitFileError
from pytest_cna.deployment.unit_file import UnitFile, expand, instance_name, seconds, template_of

UNITS = Path(__file__).parents[3] / "units"

WORD = st.text("abcXYZ019-_.:%/@", min_size=1, max_size=12)
COMMENT = st.builds("{}{}".format, st.sampled_from("#;"), st.text("ab #=[]", max_size=10))
VALUE = st.lists(WORD, max_size=4).map(" ".join)
CONTINUED = st.lists(WORD, min_size=2, max_size=4).map(" \\\n  ".join)
COMMENTED = st.builds("{} \\\n{}\n{}".format, WORD, COMMENT, WORD)
SLOPPY = st.builds("{} \\\n".format, WORD)
"""Continues into an empty line."""
OPTION = st.builds(
    "{}={}".format,
    st.from_regex(r"[A-Z][A-Za-z-]{0,10}", fullmatch=True),
    VALUE | CONTINUED | COMMENTED | SLOPPY,
)
SECTION = st.builds(
    "[{}]\n{}".format,
    st.sampled_from(["Unit", "Service", "X-Fleet"]),
    st.lists(OPTION | COMMENT | st.just(""), max_size=6).map("\n".join),
)
FILES = st.lists(SECTION.map("{}\n".format), max_size=4).map("".join)


@given(FILES)
def test_what_was_parsed_is_rendered_again(text: str) -> None:
    assert UnitFile.parse(text).render() == text.removesuffix("\n") + "\n"


@given(FILES)
def test_options_survive_the_way_through_fleet(text: str) -> None:
    options = UnitFile.parse(text).options()
    rows = [(option["section"], option["name"], option["value"]) for option in options]
    assert UnitFile.from_options(rows).options() == options


@given(FILES)
def test_systemd_reads_of_fleets_file_what_it_reads_of_ours(text: str) -> None:
    def read(file: UnitFile) -> list[tuple[str, str, str]]:
        return [(line.section, line.name, line.value) for line in file.lines if line.name]

    ours = UnitFile.parse(text)
    options = [(each["section"], each["name"], each["value"]) for each in ours.options()]
    assert read(UnitFile.from_options(options)) == read(ours)


@given(FILES)
def test_an_option_is_found_where_it_stands(text: str) -> None:
    file = UnitFile.parse(text)
    physical = file.render().split("\n")
    for line in file.lines:
        assert physical[line.number - 1] == line.text.split("\n")[0]


@pytest.mark.parametrize("path", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_our_own_units_round_trip(path: Path) -> None:
    assert UnitFile.read(path).render() == path.read_text(encoding="utf-8")


def test_an_empty_value_resets_a_list() -> None:
    file = UnitFile.parse("[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2")
    assert file.values("Service", "Environment") == ("B=2",)


def test_a_continued_value_is_joined_by_a_space_and_kept_for_fleet() -> None:
    file = UnitFile.parse("[Service]\nExecStart=/bin/a \\\n  b")
    assert file.value("Service", "ExecStart") == "/bin/a b"
    assert file.options()[0]["value"] == "/bin/a \\\n  b"


def test_a_value_that_continues_into_an_empty_line_ends_there() -> None:
    file = UnitFile.parse("[Service]\nExecStart=/bin/a \\\n\nRestart=no")
    assert file.value("Service", "ExecStart") == "/bin/a"
    assert [option["value"] for option in file.options()] == ["/bin/a \\\n", "no"]


def test_a_comment_between_continued_lines_is_not_for_fleet() -> None:
    file = UnitFile.parse("[Service]\nExecStart=/bin/a \\\n# why\n  b")
    assert file.value("Service", "ExecStart") == "/bin/a b"
    assert file.options()[0]["value"] == "/bin/a \\\n  b"


def test_a_backslash_before_a_space_continues_nothing() -> None:
    file = UnitFile.parse("[Service]\nExecStart=/bin/a \\ \nRestart=no")
    assert file.value("Service", "Restart") == "no"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Conflicts=a", 1, "before the first section"),
        ("[Unit]\nnothing", 2, "not an option"),
        ("[Unit\nA=b", 1, "not a section"),
        ("[Unit]\nA=b \\", 2, "no line follows"),
        ("[Unit]\n=b", 2, "not an option"),
    ],
)
def test_an_invalid_unit_file_is_refused_with_the_line(text: str, line: int, words: str) -> None:
    with pytest.raises(UnitFileError, match=rf"unit:{line}: .*{words}"):
        UnitFile.parse(text)


def test_specifiers_of_the_name() -> None:
    assert expand("%p %i %n %N %% %H", "a@b.service") == "a b a@b.service a@b % %H"


def test_templates() -> None:
    assert instance_name("a@.service", "8001") == "a@8001.service"
    assert template_of("a@8001.service") == "a@.service"
    assert template_of("a.service") == "a.service"


@pytest.mark.parametrize(
    ("span", "expected"),
    [("5", 5.0), ("500ms", 0.5), ("1min 30s", 90.0), ("2h", 7200.0), ("1.5s", 1.5)],
)
def test_time_spans(span: str, expected: float) -> None:
    assert seconds(span) == expected


@pytest.mark.parametrize("span", ["", "soon", "5 parsecs", "-1s"])
def test_an_invalid_time_span_is_refused(span: str) -> None:
    with pytest.raises(ValueError, match=r"unit of time|not a time span"):
        seconds(span)
