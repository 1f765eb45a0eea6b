"""Examples in the docs run as they are written."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_cna.testing import DEFECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "testing-with-fakes.md"
FILE = re.compile(r"`([\w./@-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run handles SIGTERM from its beginning on."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_testing_with_fakes(pytester: pytest.Pytester) -> None:
    files = dict(FILE.findall(PAGE.read_text("utf-8")))
    for name, text in files.items():
        file = pytester.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    result = pytester.runpytest_inprocess("--cna-provider=fake", "-v")
    result.assert_outcomes(passed=5)
    tests = {name for name in files if name.startswith("test_")}
    assert tests == {"test_cache.py", "test_failures.py", "test_my_fault.py", "test_moments.py"}
    for name in tests:
        result.stdout.fnmatch_lines([f"{name}::test_* PASSED*"])


def test_the_table_of_defects_is_that_of_the_code() -> None:
    row = re.compile(r"^\| `([\w ]+)` \| (\w+) \| (.+?)(?: \((.+)\))? \|$", re.MULTILINE)
    values = {None: "", float("inf"): "for ever"}
    assert row.findall(PAGE.read_text("utf-8")) == [
        (each.name, each.on, each.meaning, values.get(each.value, f"{each.value or 0:g}"))
        for each in DEFECTS.values()
    ]
