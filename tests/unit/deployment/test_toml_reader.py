"""Our TOML files are read strictly, and what is wrong is one sentence with its place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.toml_reader import check_once, read_toml
from pytest_cna.deployment.toml_types import Filled, HostAndPort, Instance, Port, Weight


@dataclass(frozen=True, slots=True)
class Lamp:
    name: Filled
    watts: int = 40
    lit: bool = False
    places: tuple[str, ...] = ()
    colour: Literal["red", "blue"] = "red"
    shades: tuple[Literal["light", "dark"], ...] = ()
    numbers: tuple[Instance, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    port: Port = 80
    weight: Weight = 1
    reached: HostAndPort = ""
    plan: Path | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    kind: str


@dataclass(frozen=True, slots=True)
class House:
    lamp: tuple[Lamp, ...]
    switch: Switch = Switch("rotary")


HALL = '[[lamp]]\nname = "hall"\n'


def written(directory: Path, text: str) -> Path:
    path = directory / "house.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(directory: Path, text: str) -> House:
    return read_toml(written(directory, text), House, "house file")


def test_what_is_left_out_takes_its_default(tmp_path: Path) -> None:
    assert read(tmp_path, HALL) == House((Lamp("hall"),))


def test_every_kind_of_value(tmp_path: Path) -> None:
    text = (
        "#:schema house.schema.json\n"
        f"{HALL}watts = 60\nlit = true\nplaces = ['a']\ncolour = 'blue'\n"
        "shades = ['dark']\nnumbers = ['one', 2]\nport = 8080\nweight = 0\nreached = 'a.b:22'\n"
        "plan = '../plan'\nnotes = { a = 'b' }\n"
        "[switch]\nkind = 'push'"
    )
    lamp = Lamp(
        "hall",
        60,
        True,
        ("a",),
        "blue",
        ("dark",),
        ("one", "2"),
        {"a": "b"},
        8080,
        0,
        "a.b:22",
        tmp_path.parent.resolve() / "plan",
    )
    assert read(tmp_path, text) == House((lamp,), Switch("push"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "top level: 'lamp' is missing; add a [[lamp]]"),
        ("lamp = []", "top level: 'lamp' is missing; add a [[lamp]]"),
        ("lamp = 3", "top level: 'lamp' takes tables, each under its own heading [[lamp]], not 3"),
        ("lamp = [3]", "'lamp' takes tables, each under its own heading [[lamp]], not [3]"),
        ("[lamp]\nname = 'a'", "'lamp' takes tables, each under its own heading [[lamp]], not {"),
        ("lapm = 3", "top level: unknown key 'lapm'; did you mean 'lamp'?"),
        (f"{HALL}smell = 3", "lamp[1] 'hall': unknown key 'smell' (known: name, watts, lit, "),
        (f"{HALL}[[lamp]]\nwatts = 3", "lamp[2]: 'name' is missing; add name = \"...\""),
        ("[[lamp]]\nnmae = 'hall'", "lamp[1]: unknown key 'nmae'; did you mean 'name'?"),
        ("[[lamp]]\nname = ''", "lamp[1] '': 'name' takes a string, not an empty string"),
        ("[[lamp]]\nname = 3", "lamp[1]: 'name' takes a string, not 3"),
        ("[[lamp]]\nname = 2020-01-01", "'name' takes a string, not datetime.date(2020, 1, 1)"),
        ('[[lamp]]\nname = "a\\u0000"', "'name' takes a string without the character NUL, not 'a"),
        (f"{HALL}watts = '60'", "lamp[1] 'hall': 'watts' takes a number, not '60'"),
        (f"{HALL}watts = 60.0", "'watts' takes a number, not 60.0"),
        (f"{HALL}watts = true", "'watts' takes a number, not True"),
        (f"{HALL}lit = 1", "'lit' takes true or false, not 1"),
        (f"{HALL}colour = 'green'", "'colour' takes 'red' or 'blue', not 'green'"),
        (f"{HALL}colour = ['red']", "'colour' takes 'red' or 'blue', not ['red']"),
        (f"{HALL}shades = 'dark'", "'shades' takes a list of 'light' or 'dark', not 'dark'"),
        (f"{HALL}shades = ['grey']", "'shades[1]' takes 'light' or 'dark', not 'grey'"),
        (f"{HALL}places = 'attic'", "'places' takes a list of strings, not 'attic'"),
        (f"{HALL}places = ['a', 3]", "'places[2]' takes a string, not 3"),
        (f"{HALL}numbers = [true]", "'numbers[1]' takes a string, not True"),
        (f"{HALL}numbers = [1.0]", "'numbers[1]' takes a string, not 1.0"),
        (f"{HALL}notes = 'a'", "'notes' takes a table, such as { key = \"value\" }, not 'a'"),
        (f"{HALL}notes = {{ a = 3 }}", "'notes.a' takes a string, not 3"),
        (f"{HALL}port = 0", "'port' takes a number from 1 to 65535, not 0"),
        (f"{HALL}port = 65536", "'port' takes a number from 1 to 65535, not 65536"),
        (f"{HALL}weight = -1", "'weight' takes a number that is not negative, not -1"),
        (f"{HALL}reached = 'a:²'", "'reached' takes a host, or host:port, not 'a:²'"),
        (f"{HALL}plan = ''", "'plan' takes a path, as a string, not an empty string"),
        (f"{HALL}plan = 3", "'plan' takes a path, as a string, not 3"),
        (f"{HALL}[switch]", "[switch]: 'kind' is missing; add kind = \"...\""),
        (f"{HALL}[switch]\nkind = 3", "[switch]: 'kind' takes a string, not 3"),
        (f"switch = 3\n{HALL}", "top level: 'switch' takes a table [switch], not 3"),
        (f'{HALL}"a\\nb" = 3', r"unknown key 'a\nb' (known: "),
        ("lamp", "is not valid TOML: Expected '=' after a key"),
    ],
)
def test_one_sentence_with_the_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)
    found = str(raised.value)
    assert found.startswith(str(tmp_path / "house.toml"))
    assert sentence in found
    assert "\n" not in found


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"not 'x{50,100}\.\.\.$"):
        read(tmp_path, f"{HALL}watts = '{'x' * 1000}'")


def test_of_many_problems_the_one_that_explains_the_others(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unknown key 'lapms'"):
        read(tmp_path, "switch = 3\n[[lapms]]\nname = 3")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ConfigurationError, match=rf"^there is no house file {path}$"):
        read_toml(path, House, "house file")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^house file .* cannot be read: Is a directory"):
        read_toml(tmp_path, House, "house file")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_bytes(b"name = '\x8b'")
    with pytest.raises(ConfigurationError, match=r"house.toml is not UTF-8 text: "):
        read_toml(path, House, "house file")


def test_words_that_are_there_twice() -> None:
    check_once(["a", "b"], "lamp", "house.toml")
    with pytest.raises(ConfigurationError, match=r"^house.toml: lamp 'a' is listed twice$"):
        check_once(["a", "b", "a"], "lamp", "house.toml")


def test_the_unused_plugin_does_not_load_the_library() -> None:
    code = "import sys, pytest_cna.plugin.entry; sys.exit('cattrs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
