"""The schema of the timeline is what the classes say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_cna import report
from pytest_cna.core.events.container import ContainerDied
from pytest_cna.core.events.event import UnknownEvent
from pytest_cna.core.events.line import line_of

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(Path(report.__file__).with_name("timeline.schema.json").read_text("utf-8"))
RUNS = sorted((ROOT / "tests" / "page" / "runs").glob("*/timeline.jsonl"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / "docs" / "events.py"))["schema"]()
    assert written == SCHEMA, "the schema is not what the classes say; run: python docs/events.py"


@pytest.mark.parametrize("path", RUNS, ids=lambda path: str(path.parent.name))
def test_recorded_timelines_are_valid(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        VALIDATOR.validate(json.loads(line))


def row(**changed: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line_of(ContainerDied("web.1", "core-1", "137")))
    return found | changed


def test_the_schema_takes_what_is_written() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(row())
    VALIDATOR.validate(json.loads(line_of(UnknownEvent("moon", "rises", "", {"phase": "full"}))))
    VALIDATOR.validate(row(data={"machine": "core-1", "of another version": 1}))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"wall": "noon"}, "'noon' is not of type 'number'"),
        ({"data": {}}, "'machine' is a required property"),
        ({"data": {"machine": 7}}, "7 is not of type 'string'"),
        ({"source": "fleet", "kind": "reachable", "data": {}}, "'' was expected"),
    ],
)
def test_the_schema_takes_nothing_else(changed: dict[str, object], why: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match=why):
        VALIDATOR.validate(row(**changed))
