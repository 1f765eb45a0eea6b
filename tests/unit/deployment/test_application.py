"""application.toml: what is read from it, and what is wrong with it in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.application import read_application

OURS = Path(__file__).parents[3] / "images" / "crm"
ENTRIES = ("code", "database.sql")


def test_the_word_for_what_customers_create() -> None:
    assert read_application(OURS, ENTRIES).record == "account"


def test_without_a_word_of_its_own_it_is_a_record(tmp_path: Path) -> None:
    copy = tmp_path / "crm"
    shutil.copytree(OURS, copy)
    description = copy / "application.toml"
    lines = description.read_text("utf-8").splitlines(keepends=True)
    description.write_text(
        "".join(line for line in lines if not line.startswith("record =")), encoding="utf-8"
    )
    assert read_application(copy, ENTRIES).record == "record"


def test_ours() -> None:
    ours = read_application(OURS, ENTRIES)
    assert (ours.directory, ours.name, ours.document_root) == (OURS, "small CRM", "public")
    assert ours.words == ("account", "north", "trade", "works")
    login, *others = ours.actions
    assert (login.expect, login.once, login.form["user"]) == ((303,), True, "jim")
    assert [action.name for action in others if action.creates] == ["create"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("weight = '3'", "'weight' takes a number that is not negative, not '3'"),
        ("method = 3", "'method' takes a string, not 3"),
        ("form = { id = 3 }", "'form.id' takes a string, not 3"),
        ("once = 'yes'", "'once' takes true or false, not 'yes'"),
        ("expect = 200", "'expect' takes a list of numbers, not 200"),
        ("expect = [200, 30]", "'expect[2]' takes an HTTP status, such as 303, not 30"),
        ("expects = [200]", "unknown key 'expects'; did you mean 'expect'?"),
    ],
)
def test_an_action_that_is_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    copy = tmp_path / "crm"
    shutil.copytree(OURS, copy)
    row = {"name": "'odd'", "method": "'GET'", "path": "'/'"}
    key, _, value = text.partition(" = ")
    lines = [f"{key} = {value}" for key, value in (row | {key: value}).items()]
    with (copy / "application.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[[action]]", *lines]))
    with pytest.raises(ConfigurationError) as raised:
        read_application(copy, ENTRIES)
    assert str(raised.value) == f"{copy / 'application.toml'}: action[6] 'odd': {sentence}"


def test_an_entry_that_an_image_needs(tmp_path: Path) -> None:
    copy = tmp_path / "crm"
    shutil.copytree(OURS, copy)
    (copy / "database.sql").unlink()
    with pytest.raises(ConfigurationError, match=r"directory .*crm has no database.sql$"):
        read_application(copy, ENTRIES)


def test_the_files_of_an_entry(tmp_path: Path) -> None:
    application = read_application(OURS, ENTRIES)
    assert application.files("database.sql") == {"application/database.sql": OURS / "database.sql"}
    index = application.files("code")["application/code/public/index.php"]
    assert index == OURS / "code" / "public" / "index.php"
    assert application.files("none.ini") == {"application/none.ini": None}
