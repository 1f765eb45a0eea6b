"""The examples of the documentation run, on a cluster in memory.

A block of code after ``<!-- file: NAME -->`` is a file. The files of one page are a project.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    page for page in (ROOT / "docs").glob("*.md") if FILE.search(page.read_text("utf-8"))
)


def test_pages_have_examples() -> None:
    assert {"index.md", "deployment.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_a_page_pass(page: Path, pytester: pytest.Pytester) -> None:
    files = dict(FILE.findall(page.read_text("utf-8")))
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    deployment = pytester.path / "deployment.toml"
    if not deployment.exists():
        deployment = ROOT / "units" / "deployment.toml"
    result = pytester.runpytest_subprocess(
        "--cna-provider=fake", f"--cna-deployment={deployment}", "-p", "no:cacheprovider"
    )
    outcomes = result.parseoutcomes()
    tests = sum(
        len(re.findall(r"^def test_|^ *Scenario:", text, re.MULTILINE)) for text in files.values()
    )
    assert tests > 0
    assert outcomes == {"passed": tests}, result.stdout.str()
