"""The changes that ``make mutants`` makes to the judge."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutate import JUDGE, equivalents
from mutation import ROOT, mutants


def changed(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return [mutant.change for mutant in mutants(path)]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a < b", ["a < b → a <= b"]),
        (
            "a and not b",
            [
                "a and (not b) → a or not b",
                *("a and (not b) → not b", "a and (not b) → a"),
                "not b → b",
            ],
        ),
        (
            "x = max(a, default=0)",
            ["max(a, default=0) → min(a, default=0)", "max(a, default=0) → max(a)", "0 → 1"],
        ),
        ("a[-1]", ["-1 → 0", "1 → 2"]),
        ("a[0]", ["a[0] → a[-1]", "0 → 1"]),
        ("x = [n for n in a if n]", ["[n for n in a if n] → [n for n in a]"]),
        ("x = b if a else c", ["b if a else c → c", "b if a else c → b"]),
        ("for n in a:\n  if n: continue\n", ["if n: continue → if False: continue"]),
        ("def f() -> int | None:\n  return a\n", ["return a → return None"]),
        ("def f() -> int:\n  return a\n", []),
        ("a.clear()", ["a.clear() → pass"]),
        ("'a'\nx: int = a\nassert a < b", []),
        ("if TYPE_CHECKING:\n  a < b", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_changed(tmp_path: Path, text: str, changes: list[str]) -> None:
    assert sorted(changed(tmp_path / "judge.py", text)) == sorted(changes)


def test_each_mutant_can_be_compiled_and_leaves_the_judge_as_it_is() -> None:
    every = mutants(ROOT / "pytest_cna/judgement/excuses.py")
    before = ast.dump(every[0].tree)
    codes = {mutant.code() for mutant in every}
    assert len(codes) == len(every) > 30
    assert ast.dump(every[0].tree) == before


def test_only_mutants_are_called_equivalent() -> None:
    found = {file for file, _, _ in equivalents()}
    assert found <= {str(path.relative_to(ROOT)) for path in JUDGE}
    made = [mutant for file in found for mutant in mutants(ROOT / file)]
    assert equivalents().keys() <= {(each.file, each.text, each.change) for each in made}
