"""README's table of options is what the plugin and its providers register."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
FLAG = re.compile(r"--(?:cna|os)-[a-z-]+")


def rows() -> dict[str, str]:
    """Option → its environment variable, as the table has them."""
    found: dict[str, str] = {}
    for line in README.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `--"):
            options, variables = (re.findall(r"`([^`]+)`", c) for c in line.split("|")[1:3])
            found |= dict(zip(options, variables, strict=True))
    return found


def test_table_has_each_registered_option(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_subprocess("--help").stdout.str()
    registered = {m[1] for m in re.finditer(rf"^ +({FLAG.pattern})\b", shown, re.MULTILINE)}
    assert len(registered) > 10
    assert registered == set(rows())


def test_each_option_has_the_environment_variable_of_its_name() -> None:
    for option, variable in rows().items():
        assert variable == option.removeprefix("--").replace("-", "_").upper()
