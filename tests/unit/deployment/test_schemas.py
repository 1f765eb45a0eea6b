"""The JSON Schemas of our TOML files: as the reader reads, and up to date."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from pytest_cna.cli import cna
from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.toml_reader import fit_toml

REPOSITORY = Path(__file__).parents[3]


def load_keys() -> Any:  # noqa: ANN401
    spec = importlib.util.spec_from_file_location("keys", REPOSITORY / "docs" / "keys.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


KEYS = load_keys()
STALE = "stale: run `python docs/keys.py`"
DEPLOYMENT: dict[str, Any] = {"name": "x", "service": [{"name": "web", "template": "a.service"}]}
APPLICATION: dict[str, Any] = {
    "name": "x",
    "version": "1",
    "health": "/",
    "document_root": "",
    "configuration": "a.ini",
}
INVENTORY: dict[str, Any] = {"machine": [{"name": "core-1", "address": "10.1.0.11"}]}
ACTION = {"name": "a", "method": "GET", "path": "/"}


def examples(page: str) -> list[str]:
    text = (REPOSITORY / "docs" / page).read_text("utf-8")
    return re.findall(r"```toml\n(.*?)```", text, flags=re.S)


OURS = [
    ("deployment", (REPOSITORY / "units" / "deployment.toml").read_text("utf-8")),
    ("application", (REPOSITORY / "images" / "crm" / "application.toml").read_text("utf-8")),
    ("application", examples("application.md")[0]),
    ("inventory", examples("existing.md")[0]),
]


@pytest.mark.parametrize("name", KEYS.FILES)
def test_a_committed_schema_is_up_to_date(name: str) -> None:
    path = REPOSITORY / "pytest_cna" / "schemas" / f"{name}.schema.json"
    assert path.read_text("utf-8") == KEYS.rendered(name), STALE
    jsonschema.Draft7Validator.check_schema(KEYS.schema(name))


@pytest.mark.parametrize("page", KEYS.PAGES)
def test_the_tables_of_keys_are_up_to_date(page: str) -> None:
    text = (REPOSITORY / "docs" / page).read_text("utf-8")
    assert text == KEYS.with_tables(text, KEYS.PAGES[page]), STALE


@pytest.mark.parametrize("name", KEYS.FILES)
def test_users_get_the_schema_from_the_command(name: str) -> None:
    result = CliRunner().invoke(cna, ["schema", name])
    assert result.exit_code == 0
    assert json.loads(result.output) == KEYS.schema(name)


@pytest.mark.parametrize(("name", "text"), OURS)
def test_our_own_files_fit_and_name_their_schema(name: str, text: str, tmp_path: Path) -> None:
    assert re.match(rf"#:schema \S*\b{name}\.schema\.json\n", text)
    table = tomllib.loads(text)
    jsonschema.validate(table, KEYS.schema(name))
    fit_toml(table, KEYS.FILES[name], tmp_path / "x.toml")


@pytest.mark.parametrize("place", ["units/deployment.toml", "images/crm/application.toml"])
def test_an_editor_finds_the_schema_of_our_own_file(place: str) -> None:
    path = REPOSITORY / place
    named = re.match(r"#:schema (\S+)\n", path.read_text("utf-8"))
    assert named is not None
    assert (path.parent / named[1]).is_file()


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("deployment", DEPLOYMENT),
        ("deployment", DEPLOYMENT | {"machines": {"metadata": [{"storage": "true"}]}}),
        (
            "deployment",
            DEPLOYMENT | {"service": [DEPLOYMENT["service"][0] | {"instances": ["1", 2]}]},
        ),
        ("application", APPLICATION),
        ("application", APPLICATION | {"action": [ACTION | {"form": {"a": "b"}, "weight": 0}]}),
        ("inventory", INVENTORY),
        ("inventory", INVENTORY | {"ssh": "bastion:22", "member": False}),
    ],
)
def test_schema_and_reader_take_what_is_right(
    name: str, table: dict[str, Any], tmp_path: Path
) -> None:
    jsonschema.validate(table, KEYS.schema(name))
    fit_toml(table, KEYS.FILES[name], tmp_path / "x.toml")


def row(name: str, **keys: object) -> dict[str, Any]:
    """A right file but for these keys of its last row."""
    match name:
        case "deployment":
            return DEPLOYMENT | {"service": [DEPLOYMENT["service"][0] | keys]}
        case "application":
            return APPLICATION | {"action": [ACTION | keys]}
        case _:
            return {"machine": [INVENTORY["machine"][0] | keys]}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("deployment", {}),
        ("deployment", DEPLOYMENT | {"nmae": "x"}),
        ("deployment", DEPLOYMENT | {"name": ""}),
        ("deployment", DEPLOYMENT | {"name": 3}),
        ("deployment", DEPLOYMENT | {"service": []}),
        ("deployment", DEPLOYMENT | {"application": ""}),
        ("deployment", DEPLOYMENT | {"machines": {}}),
        ("deployment", DEPLOYMENT | {"machines": {"metadata": []}}),
        ("deployment", DEPLOYMENT | {"machines": {"metadata": [{"a": "b c"}]}}),
        ("deployment", DEPLOYMENT | {"machines": {"metadata": [{"a=b": "c"}]}}),
        ("deployment", DEPLOYMENT | {"image": [{"name": "a"}]}),
        ("deployment", DEPLOYMENT | {"image": [{"name": "a", "context": "b", "tools": "c"}]}),
        ("deployment", DEPLOYMENT | {"image": [{"name": "a", "context": "b", "tools": ["c"]}]}),
        ("deployment", row("deployment", port=80)),
        ("deployment", row("deployment", stats_port=True)),
        ("deployment", row("deployment", stats_port="80")),
        ("deployment", row("deployment", stats_port=65536)),
        ("deployment", row("deployment", instances="1")),
        ("deployment", row("deployment", instances=[True])),
        ("application", {}),
        ("application", APPLICATION | {"version": 1}),
        ("application", APPLICATION | {"record": ""}),
        ("application", row("application", weight=-1)),
        ("application", row("application", expect=[20])),
        ("application", row("application", expect=200)),
        ("application", row("application", form={"a": 3})),
        ("application", row("application", once="yes")),
        ("inventory", {}),
        ("inventory", {"machine": []}),
        ("inventory", {"machine": [{"name": "a"}]}),
        ("inventory", INVENTORY | {"name": "a"}),
        ("inventory", INVENTORY | {"user": 3}),
        ("inventory", row("inventory", address="10.0.0.1:22")),
        ("inventory", row("inventory", ssh="a:b")),
        ("inventory", row("inventory", member="yes")),
    ],
)
def test_schema_and_reader_refuse_what_is_wrong(
    name: str, table: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, KEYS.schema(name))
    with pytest.raises(ConfigurationError, match=r"x\.toml: "):
        fit_toml(table, KEYS.FILES[name], tmp_path / "x.toml")
